"""Scans read as the commands read them: from files, from arrays, by the rules of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph, RawScan

if TYPE_CHECKING:
    from diffrendergan.pipeline.quantify.settings import ScanReader


def read_scan(
    path: str | Path,
    pixel_size_nm: float | None = None,
    data_bar: int | None = None,
    series: int | str | None = None,
    channel: int | str | None = None,
    run: str | Path | None = None,
) -> Micrograph:
    """Read a micrograph as the commands do: data bar cropped, values in [0, 1], pixel size from its metadata.

    Parameters
    ----------
    path : path
        An image file; docs/formats.md lists what is read.
    pixel_size_nm : float, optional
        Edge of a pixel [nm], in place of what the file says.
    data_bar : int, optional
        Rows to crop at the bottom [px]; by default they are found.
    series : int or str, optional
        Which of several images in the file, counted from 1, or its name; by default the largest.
    channel : int or str, optional
        Which of several detectors, in the same way; by default the first.
    run : path, optional
        A run folder: what its project says of data bar, series, channel and pixel size holds where nothing is given
        here, and grey values are brought to those of its training scans, as `quantify` does with this file alone.

    Returns
    -------
    Micrograph
        With `pixels` (H, W) and `pixel_size_nm`, None where the file does not say it.

    Raises
    ------
    DataError
        If the file cannot be read as one grey scan, or contradicts the run's pixel size.
    RunFolderError
        If `run` is no run folder, or `prepare` has not run there.
    """
    from diffrendergan.micrographs.rules import ReadingRules
    from diffrendergan.micrographs.scans import read_scan as read
    from diffrendergan.segmentation.trained import load_reading

    if run is not None:
        return read_by(load_reading(Path(run)), Path(path), pixel_size_nm, data_bar, series, channel)
    rules = ReadingRules(
        "auto" if data_bar is None else data_bar,
        "auto" if pixel_size_nm is None else pixel_size_nm,
        series=series,
        channel=channel,
    )
    return read(Path(path), rules)


def read_by(
    reading: ScanReader,
    path: Path,
    pixel_size_nm: float | None = None,
    data_bar: int | None = None,
    series: int | str | None = None,
    channel: int | str | None = None,
) -> Micrograph:
    """Read a file as `quantify` does that measures it alone, and warn of what it would say."""
    from diffrendergan.pipeline.quantify.grey import fitted
    from diffrendergan.pipeline.quantify.scan import read_for
    from diffrendergan.pipeline.quantify.settings import QuantifySettings

    settings = QuantifySettings(pixel_size_nm=pixel_size_nm, data_bar=data_bar, series=series, channel=channel)
    known, said = fitted(reading, [path], settings)
    scan = read_for(path, known, settings)
    _warn_of_grey(scan, reading, said)
    return scan


def fitted_scan(image: ArrayLike | Micrograph, pixel_size_nm: float | None, reading: ScanReader) -> Micrograph:
    """Return an image in the range of a run's training scans, as `read_by` does for a file, and warn like it.

    Raises
    ------
    DataError
        If it is no grey image, its grey range is not that of the training scans, or its pixel size is not the run's.
    """
    from diffrendergan.micrographs.rules import ReadingRules
    from diffrendergan.micrographs.scans import finish_scan
    from diffrendergan.pipeline.quantify.grey import range_for
    from diffrendergan.pipeline.quantify.scan import pixel_size_of

    if isinstance(image, Micrograph) and image.stretch is not None:  # it was brought to the range of a run's scans
        size = pixel_size_of(image.pixel_size_nm, reading.rules.pixel_size_nm, pixel_size_nm, image.source)
        _warn_of_grey(image, reading, ())
        return replace(image, pixel_size_nm=size)
    raw = _stored(image) if isinstance(image, Micrograph) else _given(image)
    stretch, said = range_for([raw], reading)
    size = pixel_size_of(raw.pixel_size_nm, reading.rules.pixel_size_nm, pixel_size_nm, raw.source)
    scan = finish_scan(raw, ReadingRules(pixel_size_nm="auto" if size is None else size, stretch=stretch))
    _warn_of_grey(scan, reading, said)
    return scan


def _stored(scan: Micrograph) -> RawScan:
    """Return the numbers of a file that `read_scan` read, before they were scaled by its full scale."""
    full = {8: 255, 16: 65535}.get(scan.bit_depth)
    kind = np.uint8 if scan.bit_depth == 8 else np.uint16
    values = scan.pixels if full is None else np.rint(scan.pixels.astype(np.float64) * full).astype(kind)
    return RawScan(
        scan.name, values, scan.bit_depth, scan.pixel_size_nm, scan.source, None, scan.data_bar_rows, scan.field
    )


def _given(image: ArrayLike) -> RawScan:
    """Return an array as the numbers of a scan, with its field."""
    from diffrendergan.micrographs.gaps import without_gaps
    from diffrendergan.micrographs.scans import with_field

    values = np.asarray(image)
    if values.ndim != 2 or not (np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.floating)):
        raise DataError(f"the image is an array {values.shape} of {values.dtype}; give one grey image (H, W).")
    bits, stored = 8 * values.dtype.itemsize, values.dtype.name
    if values.dtype not in (np.uint8, np.uint16):
        if not np.isfinite(values).any():
            raise DataError("the image holds no number (NaN or infinite) in any pixel.")
        values = values.astype(np.float32)
    whole = without_gaps(values)
    name, path = "image", Path("image")
    return with_field(
        RawScan(name, whole.values, bits, None, path, None, field=whole.field, remarks=whole.remarks, stored=stored)
    )


def _warn_of_grey(scan: Micrograph, reading: ScanReader, said: Sequence[str]) -> None:
    """Warn of how grey values were changed, and where they lie outside what the network was trained on."""
    import warnings

    from diffrendergan.labels.scans import label_image_doubts
    from diffrendergan.micrographs.grey_range import doubts_of

    doubts = () if reading.grey is None else doubts_of(scan, reading.grey)
    for sentence in (*said, *label_image_doubts(scan), *doubts):
        warnings.warn(f"{scan.name}: {sentence}", stacklevel=4)
