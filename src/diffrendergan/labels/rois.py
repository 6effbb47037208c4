"""Particle outlines as regions of interest of Fiji and ImageJ: written, and read."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import roifile
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.errors import DataError
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.outlines import Points, rings
from diffrendergan.labels.polygons import (
    Masks,
    Painted,
    ellipse,
    filled,
    layered,
    outside,
    painted,
    reach,
    rounded_box,
    smooth_outline,
)
from diffrendergan.runs.atomic import atomic_path

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Equal outlines give equal files."""
ROI_ENDING = ".roi"
AREAS = (
    roifile.ROI_TYPE.POLYGON, roifile.ROI_TYPE.RECT, roifile.ROI_TYPE.OVAL, roifile.ROI_TYPE.FREEHAND,
    roifile.ROI_TYPE.TRACED,
)  # fmt: skip
"""Kinds of regions that have an area."""
MOST_DIGITS = 10
"""Of a name that is a number."""
MOVE_TO, LINE_TO, CLOSE = 0, 1, 4
"""Steps of the path of a composite region."""
DATA_BAR_PART = 3
"""A data bar below the scan takes up to this part of its rows: regions may have been drawn in it, too."""
Outlines = list[NDArray[np.float64]]
"""Of a region, each of shape (n, 2) as x, y."""


def write_rois(path: Path, labels: NDArray[np.integer]) -> None:
    """Write one region a particle, named by its label, as a ZIP that the ROI manager opens.

    The corners of the outlines are corners of pixels, as those that ImageJ's wand draws, so that the region holds
    exactly the pixels of the particle: a polygon, or for one with holes or of several parts a composite region.

    Parameters
    ----------
    path : Path
        File to write, ending in `.zip`; it is whole or absent.
    labels : ndarray of int, shape (H, W)
        0 background, particles above.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    boxes = enumerate(ndimage.find_objects(labels), start=1)
    drawn = (
        (number, _moved(rings(labels[box] == number), box[1].start, box[0].start))
        for number, box in boxes
        if box is not None
    )
    _write(path, drawn, int(labels.max(initial=0)))


def write_layer_rois(path: Path, layers: Layers) -> None:
    """Write the outlines of particles that may overlap, as `write_rois` does those of a label image.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    drawn = ((layer.number, _moved(rings(layer.mask), layer.left, layer.top)) for layer in layers)
    _write(path, drawn, int(layers.numbers.max(initial=0)))


def _moved(found: list[Points], left: int, top: int) -> list[Points]:
    return [corners + np.array([left, top], np.int32) for corners in found]


def _write(path: Path, drawn: Iterable[tuple[int, list[Points]]], highest: int) -> None:
    digits = max(4, len(str(highest)))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for label, found in drawn:
            name = f"{label:0{digits}d}"
            region = _polygon(found[0], name) if len(found) == 1 else _composite(found, name)
            entry = zipfile.ZipInfo(f"{name}.roi", FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, region.tobytes())


def _polygon(corners: Points, name: str) -> roifile.ImagejRoi:
    region = roifile.ImagejRoi.frompoints(corners, name=name)
    region.roitype = roifile.ROI_TYPE.TRACED
    # Corners bound the region themselves; roifile takes them for pixels and adds one.
    region.right, region.bottom = region.right - 1, region.bottom - 1
    return region


def _composite(found: list[Points], name: str) -> roifile.ImagejRoi:
    """Return a region of several outlines: ImageJ keeps them as a path, a box around it by way of a head."""
    path = np.concatenate([np.append(_steps(corners), CLOSE) for corners in found]).astype(np.float32)
    every = np.concatenate(found)
    (left, top), (right, bottom) = every.min(axis=0).tolist(), every.max(axis=0).tolist()
    region = roifile.ImagejRoi(
        roitype=roifile.ROI_TYPE.RECT, left=left, top=top, right=right, bottom=bottom, name=name,
        multi_coordinates=path, shape_roi_size=len(path),
    )  # fmt: skip
    region.options = roifile.ROI_OPTIONS.OVERLAY_BACKGROUNDS | roifile.ROI_OPTIONS.OVERLAY_LABELS
    return region


def _steps(corners: Points) -> NDArray[np.float32]:
    """Return an outline as steps of a path: how to go, and where to."""
    ways = np.full((len(corners), 1), LINE_TO)
    ways[0] = MOVE_TO
    return np.hstack([ways, corners]).astype(np.float32).ravel()


def holds_rois(path: Path) -> bool:
    """Tell whether a file holds regions of ImageJ: one, or an archive of them."""
    if path.suffix.lower() == ROI_ENDING:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(ROI_ENDING) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def read_rois(path: Path, shape: tuple[int, int] | None = None) -> Painted:
    """Read the regions of the ROI manager as a label image.

    Parameters
    ----------
    path : Path
        An archive, or a single region.
    shape : (int, int), optional
        Rows and columns of the scan, which the file does not say; by default as far as the regions reach.

    Returns
    -------
    Painted
        0 background. Regions whose names are whole numbers, as `write_rois` gives them, keep these; others, such as
        were drawn since, get the numbers that follow the highest, in the order of the file.

    Raises
    ------
    DataError
        If the file is broken or holds no region, or if regions are of several slices or lie outside the scan.
    """
    numbers, outlines_of, shape, others = _areas(path, shape)
    return painted(_masks(numbers, outlines_of, shape), shape).also(others)


def roi_layers(path: Path, shape: tuple[int, int] | None = None) -> Layers:
    """Read the regions as layers, which may lie over each other; else as `read_rois`."""
    numbers, outlines_of, shape, _ = _areas(path, shape)
    return layered(_masks(numbers, outlines_of, shape), shape)


def _masks(numbers: Sequence[int], outlines_of: Sequence[Outlines], shape: tuple[int, int]) -> Masks:
    return ((number, filled(outlines, shape)) for number, outlines in zip(numbers, outlines_of, strict=True))


def _areas(
    path: Path, shape: tuple[int, int] | None
) -> tuple[list[int], list[Outlines], tuple[int, int], tuple[str, ...]]:
    """Return numbers and outlines of regions with an area, rows and columns of their image, and what has no area."""
    try:
        read = roifile.roiread(path)
        regions = [read] if isinstance(read, roifile.ImagejRoi) else list(read)
    except Exception as error:  # roifile fails in many ways on what is broken
        raise DataError(f"{path} cannot be read as regions of ImageJ ({error}); save them again.") from error
    if not regions:
        raise DataError(f"{path} holds no region of ImageJ; save them again from the ROI manager.")
    areas = [region for region in regions if region.roitype in AREAS]
    slices = sorted({_slice(region) for region in areas} - {(0, 0, 0, 0)})
    if len(slices) > 1:
        raise DataError(
            f"{path} holds regions of {len(slices)} slices of a stack, which are no particles of one scan; save those "
            "of each slice in a file of its own."
        )
    outlines_of = [read_outlines(region) for region in areas]
    every = [outline for outlines in outlines_of for outline in outlines]
    if shape is None:
        shape = reach(every)
    elif sentence := outside(every, (shape[0] + shape[0] // DATA_BAR_PART, shape[1])):
        raise DataError(f"of {path}, {sentence}.")
    numbers = _numbers([region.name for region in areas])
    without = Counter(region.roitype.name.lower() for region in regions if region.roitype not in AREAS)
    others = tuple(f"{count} regions of the kind {kind} have no area" for kind, count in without.items())
    return numbers, outlines_of, shape, others


def _slice(region: roifile.ImagejRoi) -> tuple[int, int, int, int]:
    """Return where in a stack a region was drawn, 0 where it belongs to all."""
    return region.position, region.c_position, region.z_position, region.t_position


def read_outlines(region: roifile.ImagejRoi) -> list[NDArray[np.float64]]:
    """Return all outlines of a region, each of shape (n, 2) as x, y."""
    box = region.left, region.top, region.right, region.bottom
    if region.roitype == roifile.ROI_TYPE.OVAL:
        return [ellipse(*box)]
    if region.roitype == roifile.ROI_TYPE.RECT and region.rounded_rect_arc_size and not region.composite:
        return [rounded_box(*box, region.rounded_rect_arc_size)]
    found = [np.asarray(outline, np.float64) for outline in region.coordinates(multi=True)]
    smooth = bool(region.options & roifile.ROI_OPTIONS.SPLINE_FIT)
    return [smooth_outline(outline) for outline in found] if smooth else found


def _numbers(names: list[str]) -> list[int]:
    """Return the numbers that regions are named by, each once, and further ones for the others."""
    numbers: list[int | None] = []
    taken: set[int] = set()
    for name in names:
        number = int(name) if name.isascii() and name.isdigit() and len(name) <= MOST_DIGITS else 0
        new = 0 < number < 2**31 and number not in taken
        numbers.append(number if new else None)
        taken.add(number)
    following = count(max((number for number in numbers if number is not None), default=0) + 1)
    return [next(following) if number is None else number for number in numbers]
