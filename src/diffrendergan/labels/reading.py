"""The one reader of label images: the stored numbers of any file, whatever its display makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ARRAY_ENDING, LOSSY_ENDINGS, decode
from diffrendergan.labels.channels import of_lossy, of_smooth_edges, single_channel
from diffrendergan.labels.coco import coco_layers, read_coco
from diffrendergan.labels.geojson import GEOJSON_ENDING, geojson_layers, is_geojson, read_geojson
from diffrendergan.labels.labelme import labelme_layers, read_labelme
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.polygons import Painted
from diffrendergan.labels.rois import read_rois, roi_layers

JSON_ENDING = ".json"
ROI_ENDINGS = (".zip", ".roi")
OUTLINE_ENDINGS = (JSON_ENDING, GEOJSON_ENDING, *ROI_ENDINGS)
"""Files of outlines, which always number the particles."""


class LabelNumbers(NamedTuple):
    """What a label image holds."""

    numbers: NDArray[np.integer]
    """(H, W), at least 0."""
    pixel_size_nm: float | None
    """Edge of a pixel [nm] where the file states it."""
    remarks: tuple[str, ...] = ()
    """What was made of the file where that is not plain, without its name and a full stop."""
    doubts: tuple[str, ...] = ()
    """What is doubtful of it, and what to do, in the same way."""


def read_numbers(path: Path, shape: tuple[int, int] | None = None) -> LabelNumbers:
    """Read the numbers of a label image as they are stored.

    Parameters
    ----------
    path : Path
        A TIFF, PNG or BMP file of 1, 8, 16 or 32 bits (floating point too, if it holds whole numbers), a JPEG of black
        and white, a NumPy array, an OME-Zarr that holds a label image or is one; or outlines: regions of ImageJ (.roi,
        .zip), a JSON file of Labelme, GeoJSON (QuPath), or FILE/NAME for the image NAME of a COCO file.
    shape : (int, int), optional
        Rows and columns of the scan, for outlines whose file does not say them. By default the image reaches as far as
        the outlines.

    Raises
    ------
    DataError
        If the file cannot be read, or does not hold one image of whole numbers of at least 0.
    """
    if path.parent.suffix.lower() == JSON_ENDING:
        return _of_outlines(read_coco(path.parent, path.name), path)
    if holds_geojson(path):
        return _of_outlines(read_geojson(path, shape), path)
    if path.suffix.lower() == JSON_ENDING:
        return _of_outlines(read_labelme(path), path)
    if path.suffix.lower() in ROI_ENDINGS:
        return _of_outlines(read_rois(path, shape), path)
    refuse_pickled(path)
    stored = decode(path, labels=True)
    if not (np.issubdtype(stored.values.dtype, np.number) or stored.values.dtype == np.bool_) or np.iscomplexobj(
        stored.values
    ):
        raise DataError(f"{path} holds {stored.values.dtype} and not numbers; save a label image.")
    values, remarks = single_channel(stored)
    if not values.size:
        raise DataError(f"{path} has no pixel; save it again.")
    if path.suffix.lower() in LOSSY_ENDINGS:
        values, said = of_lossy(values, path)
        remarks += said
    numbers = _whole(values, path)
    smoothed = of_smooth_edges(numbers)
    if smoothed is not None:
        numbers, remarks = smoothed, [*remarks, "a mask with smoothed edges is cut at half of white"]
    return LabelNumbers(numbers, stored.metadata.pixel_size_nm, (*stored.remarks, *remarks))


def read_layers_of(path: Path, shape: tuple[int, int] | None = None) -> Layers | None:
    """Read outlines as layers, each whole where others lie over it; None for what holds no outlines.

    Arguments and errors are those of `read_numbers`.
    """
    if path.parent.suffix.lower() == JSON_ENDING:
        return coco_layers(path.parent, path.name)
    if holds_geojson(path):
        return geojson_layers(path, shape)
    if path.suffix.lower() == JSON_ENDING:
        return labelme_layers(path)
    return roi_layers(path, shape) if path.suffix.lower() in ROI_ENDINGS else None


def says_no_size(path: Path) -> bool:
    """Tell whether a file holds outlines without the size of the image that they were drawn on."""
    return path.suffix.lower() in ROI_ENDINGS or holds_geojson(path)


def holds_geojson(path: Path) -> bool:
    """Tell whether a file holds features of GeoJSON, by its ending or, where that is `.json`, by its content."""
    ending = path.suffix.lower()
    return ending == GEOJSON_ENDING or (ending == JSON_ENDING and is_geojson(path))


def refuse_pickled(path: Path) -> None:
    """Raise a DataError for an array file that holds Python objects: they are never unpickled."""
    if path.suffix.lower() != ARRAY_ENDING or not is_pickled(path):
        return
    raise DataError(
        f"{path} holds Python objects, which can run any program when they are opened; save the masks as TIFF or PNG "
        "in Cellpose (File menu), or as a plain array, in its place."
    )


def is_pickled(path: Path) -> bool:
    """Tell whether an array file holds Python objects, from its header alone."""
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            return bool(read(file)[2].hasobject)
    except Exception:  # numpy reads headers as Python: a broken one fails in many ways, and is refused where it is read
        return False


def _of_outlines(made: Painted, path: Path) -> LabelNumbers:
    if made.refused:
        raise DataError(f"of {path}, {made.refused}.")
    return LabelNumbers(made.labels, None, made.remarks, made.doubts)


def _whole(values: NDArray[Any], path: Path) -> NDArray[np.integer]:
    """Return whole numbers of at least 0."""
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if np.issubdtype(values.dtype, np.integer):
        numbers: NDArray[np.integer] = np.asarray(values)
    else:
        if not np.isfinite(values).all() or (values != np.round(values)).any():
            raise DataError(f"{path} holds fractions or NaN; save label images with whole numbers.")
        numbers = values.astype(np.int64)
    if numbers.min() < 0:
        raise DataError(f"{path} holds negative numbers; 0 is background, particles are above it.")
    return numbers
