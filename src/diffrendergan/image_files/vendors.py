"""Files of electron microscopes (DigitalMicrograph, TIA, EMD, MRC), read by RosettaSciIO: the extra `em`."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata import ScanMetadata, StatedScale, settle
from diffrendergan.image_files.metadata.words import length_nm, unit_in_nm
from diffrendergan.image_files.pages import Choice, place_of, said_of_series
from diffrendergan.image_files.stored import StoredImage

READERS = {
    ".dm3": "digitalmicrograph",
    ".dm4": "digitalmicrograph",
    ".ser": "tia",
    ".emd": "emd",
    ".mrc": "mrc",
}
"""The readers of RosettaSciIO, by the endings of the files."""
VENDOR_ENDINGS = tuple(READERS)
NEEDED = "rsciio"
HDF5 = b"\x89HDF\r\n\x1a\n"
LONGEST_HEAD = 212
COLOURS = ("R", "G", "B", "A")


def em_installed() -> bool:
    """Tell whether the extra `em` is installed."""
    return importlib.util.find_spec(NEEDED) is not None


def is_vendor_image(path: Path) -> bool:
    """Tell whether a file has one of `VENDOR_ENDINGS`, is what that says, and can be read here.

    Files that cannot be opened count: they are meant, and fail with the reason.
    """
    ending = path.suffix.lower()
    if ending not in READERS or not em_installed():
        return False
    try:
        return _begins_right(path, ending)
    except OSError:
        return True


def _begins_right(path: Path, ending: str) -> bool:
    """Tell from the first bytes of a file whether it is of the kind that its ending says."""
    with path.open("rb") as file:
        head = file.read(LONGEST_HEAD)
    if ending in (".dm3", ".dm4"):
        version, size = int.from_bytes(head[:4], "big"), head[4:8] if ending == ".dm3" else head[4:12]
        return version == int(ending[-1]) and int.from_bytes(size, "big") > 0
    if ending == ".ser":
        return head[:4] == b"II\x97\x01"
    return head.startswith(HDF5) if ending == ".emd" else head[208:211] == b"MAP"


def read_vendor_file(path: Path, series: Choice = None) -> StoredImage:
    """Read the image of a file of an electron microscope.

    Parameters
    ----------
    path : Path
        A file with one of `VENDOR_ENDINGS`.
    series : int, str or None
        Which of several images, counted from 1, or its name; None takes the largest, of several the first.

    Raises
    ------
    DataError
        If RosettaSciIO is not installed, or if the file is a stack, holds no image, or no such series.
    """
    ending = path.suffix.lower()
    try:
        reader = importlib.import_module(f"{NEEDED}.{READERS[ending]}")
    except ImportError as error:
        raise DataError(
            f"{path} is a {ending} file, which needs RosettaSciIO; run pip install 'diffrendergan[em]', or "
            "export it as TIFF."
        ) from error
    logging.getLogger(NEEDED).setLevel(logging.CRITICAL)  # it reports oddities of a file to the terminal
    options = {"select_type": "images"} if ending == ".emd" else {}  # leaves out streams of spectra
    found = reader.file_reader(str(path), **options)
    images = [image for image in found if _is_image(image)]
    if not images:
        if any(np.ndim(image["data"]) > 2 for image in found):
            raise DataError(f"{path} is a stack of several images; save each as a file of its own.")
        raise DataError(f"{path} holds no image; export the scan from the microscope's program.")
    names = [str(image.get("metadata", {}).get("General", {}).get("title", "")) for image in images]
    sizes = [image["data"].size for image in images]
    place = sizes.index(max(sizes)) if series is None else place_of(series, names, "series", path)
    said = said_of_series(names, place, len(set(sizes)) == 1) if series is None else ()
    return _stored(path, images[place], said)


def _is_image(image: Mapping[str, Any]) -> bool:
    shape = [length for length in np.shape(image["data"]) if length > 1]
    return len(shape) == 2


def _stored(path: Path, image: Mapping[str, Any], said: Sequence[str]) -> StoredImage:
    raw = np.asarray(image["data"])
    axes = [axis for axis, length in zip(image["axes"], raw.shape, strict=True) if length > 1]
    values = raw.squeeze()
    fields = values.dtype.names
    if fields is not None:
        values = np.dstack([values[name] for name in COLOURS if name in fields])
    if np.iscomplexobj(values):
        raise DataError(f"{path} holds complex numbers (a Fourier transform or a hologram); give the scan itself.")
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False))
    size, remarks = settle(_scale(axes), values.shape[1], values.shape[0])
    return StoredImage(
        path=path,
        values=values,
        bits=1 if values.dtype == np.bool_ else 8 * values.dtype.itemsize,
        metadata=ScanMetadata(size, None, remarks),
        alpha=fields is not None and "A" in fields,
        colour=fields is not None,
        remarks=(*said, *remarks),
    )


def _scale(axes: Sequence[Mapping[str, Any]]) -> Iterator[StatedScale]:
    """Return the scale of the axes y and x; units that are no lengths (none, 1/nm) say nothing."""
    down, across = (_length(axis) for axis in axes)
    if across is not None and down is not None:
        yield StatedScale("the file's axes", across, down)


def _length(axis: Mapping[str, Any]) -> float | None:
    unit = str(axis.get("units") or "")
    return None if unit_in_nm(unit) is None else length_nm(abs(float(axis["scale"])), unit)
