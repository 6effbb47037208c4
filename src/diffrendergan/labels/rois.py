"""Particle outlines as regions of interest of Fiji and ImageJ: written, and read."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import roifile
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.outlines import Points, outlines
from diffrendergan.labels.polygons import ellipse, filled, painted, reach
from diffrendergan.runs.atomic import atomic_path

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Equal outlines give equal files."""
ROI_ENDING = ".roi"
AREAS = (
    roifile.ROI_TYPE.POLYGON, roifile.ROI_TYPE.RECT, roifile.ROI_TYPE.OVAL, roifile.ROI_TYPE.FREEHAND,
    roifile.ROI_TYPE.TRACED,
)  # fmt: skip
"""Kinds of regions that have an area."""


def write_rois(path: Path, labels: NDArray[np.integer]) -> None:
    """Write one polygon a particle, named by its label, as a ZIP that the ROI manager opens.

    The corners of the polygons are corners of pixels, as those that ImageJ's wand draws, so that the region holds
    exactly the pixels of the particle. Of a label of several parts the largest is outlined; holes are not.

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
    _write(path, outlines(labels), int(labels.max(initial=0)))


def write_layer_rois(path: Path, layers: Layers) -> None:
    """Write the outlines of particles that may overlap, as `write_rois` does those of a label image.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    drawn = (
        (layer.number, corners + np.array([layer.left, layer.top], np.int32))
        for layer in layers
        for _, corners in outlines(layer.mask.astype(np.uint8))
    )
    _write(path, drawn, int(layers.numbers.max(initial=0)))


def _write(path: Path, drawn: Iterable[tuple[int, Points]], highest: int) -> None:
    digits = max(4, len(str(highest)))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for label, corners in drawn:
            name = f"{label:0{digits}d}"
            region = roifile.ImagejRoi.frompoints(corners, name=name)
            region.roitype = roifile.ROI_TYPE.TRACED
            # Corners bound the region themselves; roifile takes them for pixels and adds one.
            region.right, region.bottom = region.right - 1, region.bottom - 1
            entry = zipfile.ZipInfo(f"{name}.roi", FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, region.tobytes())


def holds_rois(path: Path) -> bool:
    """Tell whether a file holds regions of ImageJ: one, or an archive of them."""
    if path.suffix.lower() == ROI_ENDING:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(ROI_ENDING) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def read_rois(path: Path, shape: tuple[int, int] | None = None) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Read the regions of the ROI manager as a label image.

    Parameters
    ----------
    path : Path
        An archive, or a single region.
    shape : (int, int), optional
        Rows and columns of the scan, which the file does not say; by default as far as the regions reach.

    Returns
    -------
    int32 (H, W), tuple of str
        0 background. Regions whose names are whole numbers, as `write_rois` gives them, keep these; otherwise they are
        numbered in the order of the file. And what is to be said of it.

    Raises
    ------
    DataError
        If the file is broken or holds no region.
    """
    try:
        read = roifile.roiread(path)
        regions = [read] if isinstance(read, roifile.ImagejRoi) else list(read)
    except Exception as error:  # roifile fails in many ways on what is broken
        raise DataError(f"{path} cannot be read as regions of ImageJ ({error}); save them again.") from error
    if not regions:
        raise DataError(f"{path} holds no region of ImageJ; save them again from the ROI manager.")
    areas = [region for region in regions if region.roitype in AREAS]
    outlines_of = [_outlines(region) for region in areas]
    if shape is None:
        shape = reach(outline for outlines in outlines_of for outline in outlines)
    numbers = _numbers([region.name for region in areas])
    masks = ((number, filled(outlines, shape)) for number, outlines in zip(numbers, outlines_of, strict=True))
    labels, remarks = painted(masks, shape)
    without = Counter(region.roitype.name.lower() for region in regions if region.roitype not in AREAS)
    remarks = [*remarks, *(f"{count} regions of the kind {kind} have no area" for kind, count in without.items())]
    return labels, tuple(remarks)


def _outlines(region: roifile.ImagejRoi) -> list[NDArray[np.float64]]:
    """Return all outlines of a region, each of shape (n, 2) as x, y."""
    if region.roitype == roifile.ROI_TYPE.OVAL:
        return [ellipse(region.left, region.top, region.right, region.bottom)]
    return [np.asarray(outline, np.float64) for outline in region.coordinates(multi=True)]


def _numbers(names: list[str]) -> list[int]:
    """Return the numbers that regions are named by, or those of their order."""
    if all(name.isascii() and name.isdigit() and 0 < int(name) < 2**31 for name in names):
        numbers = [int(name) for name in names]
        if len(set(numbers)) == len(numbers):
            return numbers
    return list(range(1, len(names) + 1))
