"""Images of OME-Zarr (versions 0.4 and 0.5), folders whose names end in `.zarr`: the extra `zarr`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata import ScanMetadata, StatedScale, settle
from diffrendergan.image_files.metadata.words import length_nm
from diffrendergan.image_files.pages import Choice, place_of, said_of_series
from diffrendergan.image_files.stored import StoredImage

ENDING = ".zarr"
HEADS = ("zarr.json", ".zgroup")
"""Files of which a group of Zarr has one, by version 3 and 2."""
PLANE = ("y", "x")


def zarr_installed() -> bool:
    """Tell whether the extra `zarr` is installed."""
    return importlib.util.find_spec("zarr") is not None


def begins_as_zarr(path: Path) -> bool:
    """Tell whether a folder is named as OME-Zarr is, and holds a group of Zarr."""
    return path.suffix.lower() == ENDING and any((path / head).is_file() for head in HEADS)


def is_ome_zarr(path: Path) -> bool:
    """Tell whether a folder is named and begins as OME-Zarr does, and can be read here."""
    return begins_as_zarr(path) and zarr_installed()


def read_ome_zarr(
    path: Path, refuse_large: Callable[[Path, int, int], None], series: Choice = None, labels: bool = False
) -> StoredImage:
    """Read the image of an OME-Zarr at its full size, or its label image.

    Parameters
    ----------
    path : Path
        The folder.
    refuse_large : callable
        Raises a DataError for a path whose image has too many columns and rows: headers may claim anything.
    series : int, str or None
        Which of several images (of bioformats2raw), counted from 1, or its name; None takes the largest.
    labels : bool
        Whether its label image is read, if it holds one (`labels/NAME`); else the image itself is taken for one.

    Raises
    ------
    DataError
        If zarr is not installed, or if the folder holds no image, a stack, no such series, or several label images.
    """
    try:
        import zarr
    except ImportError as error:
        raise DataError(
            f"{path} is OME-Zarr, which needs zarr; run pip install 'diffrendergan[zarr]', or export it as TIFF."
        ) from error
    root = zarr.open_group(str(path), mode="r")
    found = _images(root)
    if not found:
        raise DataError(f"{path} holds no image of OME-Zarr (no multiscales); name the folder of the image itself.")
    names = [str(description.get("name") or "") for _, description in found]
    arrays = [group[description["datasets"][0]["path"]] for group, description in found]
    sizes = [int(np.prod(array.shape)) for array in arrays]
    place = sizes.index(max(sizes)) if series is None else place_of(series, names, "series", path)
    said = said_of_series(names, place, len(set(sizes)) == 1) if series is None else ()
    array, description = arrays[place], found[place][1]
    if labels and (labelled := _label_image(path, found[place][0])) is not None:
        group, description = labelled
        array = group[description["datasets"][0]["path"]]
    refuse_large(path, int(np.prod(array.shape)), 1)
    return _stored(path, array, description, said)


def _label_image(path: Path, image: Any) -> tuple[Any, Mapping[str, Any]] | None:
    """Return the group of the label image of an image, and what it says; None where there is none.

    Raises
    ------
    DataError
        If there are several.
    """
    held = image.get("labels")
    names = sorted(held.group_keys()) if held is not None else []
    described = {name: description for name in names if (description := _multiscales(held[name])) is not None}
    if len(described) > 1:
        raise DataError(
            f"{path} holds {len(described)} label images ({', '.join(described)}), and which of them numbers the "
            "particles cannot be told; export that one as TIFF."
        )
    return next(((held[name], description) for name, description in described.items()), None)


def _images(root: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return the groups that hold images, and what they say: the root alone, or those that it numbers."""
    own = _multiscales(root)
    if own is not None:
        return [(root, own)]
    numbered = sorted((name for name in root.group_keys() if name.isdecimal()), key=int)
    groups = [root[name] for name in numbered]
    described = [(group, _multiscales(group)) for group in groups]
    return [(group, description) for group, description in described if description is not None]


def _multiscales(group: Any) -> Mapping[str, Any] | None:
    """Return the first description of levels: under `ome` since 0.5."""
    attributes = dict(group.attrs)
    known = attributes.get("ome", attributes).get("multiscales")
    return known[0] if known else None


def _stored(path: Path, array: Any, description: Mapping[str, Any], said: Sequence[str]) -> StoredImage:
    axes = [axis["name"] if isinstance(axis, Mapping) else str(axis) for axis in description.get("axes", "tczyx")]
    if len(axes) != array.ndim or set(PLANE) - set(axes):
        raise DataError(f"{path} does not say which of its axes are rows and columns (x and y); export it as TIFF.")
    lengths = dict(zip(axes, array.shape, strict=True))
    for axis, length in lengths.items():
        if axis not in (*PLANE, "c") and length > 1:
            raise DataError(f"{path} is a stack: {length} images along {axis}; save each as a file of its own.")
    kept = [axis for axis in axes if lengths[axis] > 1 or axis in PLANE]
    values = np.asarray(array[...]).reshape([lengths[axis] for axis in kept])
    values = np.moveaxis(values, [kept.index(axis) for axis in PLANE], [0, 1])
    size, remarks = settle([_scale(description, axes)], values.shape[1], values.shape[0])
    return StoredImage(
        path=path,
        values=np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False)),
        bits=1 if values.dtype == np.bool_ else 8 * values.dtype.itemsize,
        metadata=ScanMetadata(size, None, remarks),
        remarks=(*said, *remarks),
    )


def _scale(description: Mapping[str, Any], axes: Sequence[str]) -> StatedScale | None:
    """Return the scale of the full size; axes without a unit of length say nothing."""
    factors = np.ones(len(axes))
    whole = description.get("coordinateTransformations", ())
    for step in (*description["datasets"][0].get("coordinateTransformations", ()), *whole):
        if step.get("type") == "scale":
            factors = factors * np.asarray(step["scale"], float)
    units = [axis.get("unit", "") if isinstance(axis, Mapping) else "" for axis in description.get("axes", "tczyx")]
    height, width = (length_nm(float(factors[axes.index(axis)]), units[axes.index(axis)]) for axis in PLANE)
    return None if width is None else StatedScale("the OME-Zarr metadata", width, height)
