"""Parts of a scan without a measurement that do not fill a side or a corner.

Numbers that are none (NaN, infinite) say it themselves. Tiles that a mosaic lacks are upright, of one constant value
and cut off to the pixel, so that what lies beside them is as it is everywhere: a saturated particle is blurred. A
rotation by less than a degree leaves thin wedges of one value along the sides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.config.words import counted
from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.solid import is_upright, opened
from diffrendergan.micrographs.types import BoolImage

SOLID_PX = 5
"""Where no square of this edge fits into a gap [px], its pixels are single broken ones."""
LEAST_TILE = 0.05
LEAST_TILE_PX = 15
"""Edges of a missing tile are at least this long [px], and this fraction of the shorter side of the image."""
ALONE = 0.98
"""Nearly all pixels of its value that are connected belong to a tile."""
CORNER_PX = 3
"""A corner that lacks a pixel leaves a notch into which no square of this edge [px] fits."""
SHARP = 0.1
"""Across the edge of a tile, grey values change by this fraction of the scan's range from one pixel to the next."""
BLURRED = 0.15
"""Beside a tile, grey values are those a few pixels off, but for this fraction of the step."""
LEAST_WEDGE_PX = 24
"""A wedge along a side is at least as long [px]."""
WEDGE_PX = 1.2
"""Its edge is straight to this distance [px]."""
LEAST_WEDGES = 3
"""A rotation leaves four wedges; one may be cropped."""
ELSEWHERE = 0.001
"""At most this fraction of the pixels beside the wedges have their value: a clipped ground has more."""


class Repaired(NamedTuple):
    """Numbers without gaps."""

    values: NDArray[Any]
    field: BoolImage | None
    """True where there were numbers, (H, W); None where only single pixels lacked them."""
    remarks: tuple[str, ...]


def without_gaps(values: NDArray[Any]) -> Repaired:
    """Replace what is no number, and tell what of the image was recorded.

    Parameters
    ----------
    values : ndarray, shape (H, W)
        Some of them numbers.
    """
    if not np.issubdtype(values.dtype, np.floating) or np.isfinite(values).all():
        return Repaired(values, None, ())
    gaps = ~np.isfinite(values)
    nearest = ndimage.distance_transform_edt(gaps, return_distances=False, return_indices=True)
    filled = values[tuple(nearest)]
    parts, _ = ndimage.label(gaps)
    solid = np.zeros(int(parts.max()) + 1, bool)
    solid[parts[opened(gaps, SOLID_PX)]] = True
    solid[0] = False
    outside = solid[parts]
    single = int((gaps & ~outside).sum())
    remarks = []
    if outside.any():
        remarks.append(f"{outside.mean():.1%} of the image hold no number (NaN or infinite): no part of the field")
    if single:
        remarks.append(
            f"{counted(single, 'single pixel')} without a number (NaN or infinite): the nearest one is taken"
        )
    return Repaired(filled, ~outside if outside.any() else None, tuple(remarks))


def find_missing_tiles(values: NDArray[np.generic]) -> BoolImage:
    """Find upright parts of one constant value that are cut off to the pixel, shape (H, W)."""
    found = np.zeros(values.shape, bool)
    edge = max(LEAST_TILE_PX, int(LEAST_TILE * min(values.shape)) // 2 * 2 + 1)
    for value in _solid_values(values, edge):
        equal = values == value
        parts, count = ndimage.label(opened(equal, edge))
        wholes, _ = ndimage.label(equal)
        areas = np.bincount(wholes.ravel())
        for number in range(1, count + 1):
            part = parts == number
            alone = part.sum() >= ALONE * areas[wholes[part][0]]
            if alone and _has_sharp_corners(part) and is_cut_off(part, values):
                found |= part
    return found


def _has_sharp_corners(part: BoolImage) -> bool:
    """Tell whether the edges of a part lie along rows and columns, with corners to the pixel."""
    beyond = ~np.pad(part, 2 * CORNER_PX)
    return is_upright(beyond) and bool((opened(beyond, CORNER_PX) == beyond).all())


def _solid_values(values: NDArray[np.generic], edge: int) -> list[Any]:
    """Return the values that fill a square anywhere: a square holds at least one of the blocks of half its edge."""
    block = edge // 2
    rows, columns = values.shape[0] // block, values.shape[1] // block
    if not rows or not columns:
        return []
    blocks = values[: rows * block, : columns * block].reshape(rows, block, columns, block)
    least, most = blocks.min(axis=(1, 3)), blocks.max(axis=(1, 3))
    return list(np.unique(least[least == most]))


def is_cut_off(part: BoolImage, values: NDArray[np.generic]) -> bool:
    """Tell whether what lies right beside a part is as it is a few pixels off, and far from the part's value."""
    rings = [ndimage.binary_dilation(part, iterations=steps) for steps in (1, 3, 4)]
    beside, off = rings[0] & ~part, rings[2] & ~rings[1]
    if not beside.any() or not off.any():
        return False
    value = float(values[part][0])
    low, high = percentiles(values, [0.5, 99.5])
    step, blurred = (abs(float(percentiles(values[ring], [50])[0]) - value) for ring in (off, beside))
    return bool(step >= SHARP * max(float(high - low), 1e-12) and blurred >= (1 - BLURRED) * step)


def find_wedges(values: NDArray[np.generic]) -> BoolImage:
    """Find the thin wedges of one value that a slight rotation leaves along the sides, shape (H, W)."""
    found = np.zeros(values.shape, bool)
    for value in {float(values[place]) for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))}:
        equal = values == value
        wedges = np.zeros(values.shape, bool)
        slopes = []
        # Turned by quarters, each side is the upper one once; mirrored, its other corner comes first.
        for quarter in range(4):
            for mirrored in (False, True):
                turned = np.rot90(equal, quarter)
                turned = turned[:, ::-1] if mirrored else turned
                slope, wedge = _wedge(turned)
                if slope is not None:
                    slopes.append((slope, mirrored))
                    wedge = wedge[:, ::-1] if mirrored else wedge
                    wedges |= np.rot90(wedge, -quarter)
        one_way = len({mirrored for _, mirrored in slopes}) == 1
        alike = bool(slopes) and max(s for s, _ in slopes) <= 1.5 * min(s for s, _ in slopes) + 1 / min(values.shape)
        if len(slopes) >= LEAST_WEDGES and one_way and alike and (equal & ~wedges).mean() <= ELSEWHERE:
            found |= wedges
    return found


def _wedge(equal: BoolImage) -> tuple[float | None, BoolImage]:
    """Return the slope of the wedge of a mask that begins at the upper left corner and thins along the upper side."""
    depth = np.cumprod(equal[: min(equal.shape) // 4], axis=0).sum(axis=0)
    ends = np.flatnonzero(depth == 0)
    length = int(ends[0]) if ends.size else len(depth)
    wedge = np.zeros(equal.shape, bool)
    if length < LEAST_WEDGE_PX:
        return None, wedge
    places = np.arange(length)
    slope, start = np.polyfit(places, depth[:length], 1)
    if slope >= 0 or np.abs(start + slope * places - depth[:length]).max() > WEDGE_PX:
        return None, wedge
    for column in range(length):
        wedge[: depth[column], column] = True
    return -float(slope), wedge
