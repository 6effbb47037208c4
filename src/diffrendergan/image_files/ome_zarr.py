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
    array, description, said = find_array(path, series, labels)
    kept, lengths = _plane_axes(path, array, description)
    refuse_large(path, lengths["x"] * lengths.get("c", 1), lengths["y"])
    values = np.asarray(array[...]).reshape([lengths[axis] for axis in kept])
    values = np.moveaxis(values, [kept.index(axis) for axis in PLANE], [0, 1])
    return as_stored(path, array, description, said, values)


def find_array(path: Path, series: Choice = None, labels: bool = False) -> tuple[Any, Mapping[str, Any], Sequence[str]]:
    """Return the array of an image at its full size, read from the disk as it is indexed.

    Returns
    -------
    array : zarr.Array
    description : mapping
        Its axes and scale (`multiscales`).
    said : sequence of str
        What is to be said of the choice.

    Raises
    ------
    DataError
        As `read_ome_zarr`.
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
    return array, description, said


def part_of(path: Path, array: Any, description: Mapping[str, Any], channel: Choice) -> Callable[..., Any]:
    """Return what reads some rows and columns, (slice, slice) → (h, w), of one detector.

    Raises
    ------
    DataError
        If it is a stack, or holds several detectors and none is chosen.
    """
    _, lengths = _plane_axes(path, array, description)
    detector = _detector(path, lengths.get("c", 1), channel)
    axes = _axes(description)
    turned = axes.index("x") < axes.index("y")

    def read(rows: slice, columns: slice) -> Any:
        chosen = {"y": rows, "x": columns, "c": detector}
        values = np.asarray(array[tuple(chosen.get(axis, 0) for axis in axes)])
        return values.T if turned else values

    return read


def plane_shape(array: Any, description: Mapping[str, Any]) -> tuple[int, int]:
    """Return rows and columns of an array."""
    lengths = dict(zip(_axes(description), array.shape, strict=True))
    return int(lengths["y"]), int(lengths["x"])


def _detector(path: Path, count: int, channel: Choice) -> int:
    if channel is not None:
        return place_of(channel, [""] * count, "channel", path)
    if count > 1:
        raise DataError(f"{path} holds the images of {count} detectors; choose one of them with --channel.")
    return 0


def as_stored(path: Path, array: Any, description: Mapping[str, Any], said: Sequence[str], values: Any) -> StoredImage:
    """Return an image of some values of an array: all, or a part."""
    height, width = plane_shape(array, description)
    size, remarks = settle([_scale(description, _axes(description))], width, height)
    return StoredImage(
        path=path,
        values=np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False)),
        bits=1 if values.dtype == np.bool_ else 8 * values.dtype.itemsize,
        metadata=ScanMetadata(size, None, remarks),
        remarks=(*said, *remarks),
    )


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


def _axes(description: Mapping[str, Any]) -> list[str]:
    return [axis["name"] if isinstance(axis, Mapping) else str(axis) for axis in description.get("axes", "tczyx")]


def _plane_axes(path: Path, array: Any, description: Mapping[str, Any]) -> tuple[list[str], dict[str, int]]:
    """Return the axes that are longer than 1, rows and columns in any case, and the lengths of all.

    Raises
    ------
    DataError
        If rows and columns are not named, or it is a stack.
    """
    axes = _axes(description)
    if len(axes) != array.ndim or set(PLANE) - set(axes):
        raise DataError(f"{path} does not say which of its axes are rows and columns (x and y); export it as TIFF.")
    lengths = dict(zip(axes, array.shape, strict=True))
    for axis, length in lengths.items():
        if axis not in (*PLANE, "c") and length > 1:
            raise DataError(f"{path} is a stack: {length} images along {axis}; save each as a file of its own.")
    return [axis for axis in axes if lengths[axis] > 1 or axis in PLANE], lengths


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
