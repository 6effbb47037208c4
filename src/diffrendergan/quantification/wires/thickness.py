"""Local thickness: the diameter of the largest disc that covers a pixel and lies within the wires.

Discs are painted from the largest to the smallest. Their centres lie on a lattice of half a pixel, so that bars of odd
and of even width are measured alike. A disc that would stick out of a painted one by less than a tolerance is passed
over: what is left is about the ridge of the distance map, and the work is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.errors import DataError

Floats = NDArray[np.float32]

TOLERANCE_PX = 0.5
TOLERANCE_FRACTION = 0.01
"""Rims of discs are off by at most half a pixel, or this fraction of their radius if that is more; their diameters are
not."""
LEAST_RADIUS_PX = 0.49
"""A line of one pixel has radius 0.5; smaller discs lie between pixels of the background."""
TILE_PX = 1024
"""Larger scans are cut into tiles of this edge, which bounds the memory [px]."""
CHUNK = 4096


class Discs(NamedTuple):
    """Discs within the wires, largest first, shape (n,)."""

    row: NDArray[np.int64]
    """On the lattice of half a pixel: 2 is the second pixel's centre."""
    column: NDArray[np.int64]
    radius: Floats
    """[px]"""


def local_thickness(mask: NDArray[np.bool_]) -> Floats:
    """Return the local thickness of the wires [px], 0 outside.

    The border is no boundary: wires that it cuts are as thick there as the rest of them says.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        Where the wires are.

    Returns
    -------
    float32 (H, W)

    Raises
    ------
    DataError
        If there is no background.

    Source: T. Hildebrand, P. Rüegsegger, J. Microsc. 185, 67 (1997), the definition; Possart et al. 2025, Fig. 5.
    """
    if not mask.any():
        return np.zeros(mask.shape, np.float32)
    if mask.all():
        raise DataError("every pixel belongs to a wire, so that their thickness is unknown; check the segmentation.")
    thickness = np.zeros(mask.shape, np.float32)
    # The discs that cover a pixel reach one radius away, and the background that bounds them one more.
    reach = 2 * int(np.ceil(float(ndimage.distance_transform_edt(mask).max()))) + 2
    for core, around, inner in _tiles(mask.shape, reach):
        if mask[core].any():
            part = mask[around]
            thickness[core] = _paint(part, inscribed_discs(part))[inner]
    return thickness


def _tiles(shape: tuple[int, ...], reach: int) -> Iterator[tuple[tuple[slice, slice], ...]]:
    """Yield each tile's place, that place with its surroundings, and where it lies within those."""
    for top in range(0, shape[0], TILE_PX):
        for left in range(0, shape[1], TILE_PX):
            core, around, inner = [], [], []
            for start, size in ((top, shape[0]), (left, shape[1])):
                end = min(start + TILE_PX, size)
                first = max(start - reach, 0)
                core.append(slice(start, end))
                around.append(slice(first, min(end + reach, size)))
                inner.append(slice(start - first, end - first))
            yield (core[0], core[1]), (around[0], around[1]), (inner[0], inner[1])


def inscribed_discs(mask: NDArray[np.bool_]) -> Discs:
    """Return the largest disc around each pixel and each point halfway between pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        With background somewhere.
    """
    distance, nearest = ndimage.distance_transform_edt(_on_half_lattice(mask), return_indices=True)
    row, column = np.nonzero(distance > 2 * LEAST_RADIUS_PX)
    away = distance[row, column]
    along = np.maximum(np.abs(nearest[0][row, column] - row), np.abs(nearest[1][row, column] - column))
    # The outline runs halfway between the last wire pixel and the first of the background, in that pixel's direction.
    radius = ((away - along / away) / 2).astype(np.float32)
    kept = radius >= LEAST_RADIUS_PX
    row, column, radius = row[kept], column[kept], radius[kept]
    order = np.argsort(-radius, kind="stable")
    return Discs(row[order], column[order], radius[order])


def _on_half_lattice(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask with points between pixels; those are background if all pixels around are."""
    rows = np.zeros((2 * mask.shape[0] - 1, mask.shape[1]), bool)
    rows[::2] = mask
    rows[1::2] = mask[:-1] | mask[1:]
    lattice = np.zeros((rows.shape[0], 2 * rows.shape[1] - 1), bool)
    lattice[:, ::2] = rows
    lattice[:, 1::2] = rows[:, :-1] | rows[:, 1:]
    return lattice


def _paint(mask: NDArray[np.bool_], discs: Discs) -> Floats:
    """Return the largest diameter at each pixel; `margin`: how far painted discs reach beyond a lattice point."""
    thickness = np.zeros(mask.shape, np.float32)
    margin = np.full((2 * mask.shape[0] - 1, 2 * mask.shape[1] - 1), -np.inf, np.float32)
    tolerance = np.maximum(TOLERANCE_PX, TOLERANCE_FRACTION * discs.radius)
    for start in range(0, len(discs.radius), CHUNK):
        chunk = slice(start, start + CHUNK)
        rows, columns = discs.row[chunk], discs.column[chunk]
        needed = np.flatnonzero(margin[rows, columns] < discs.radius[chunk] - tolerance[chunk]) + start
        for index in needed.tolist():
            row, column = int(discs.row[index]), int(discs.column[index])
            radius, slack = float(discs.radius[index]), float(tolerance[index])
            if margin[row, column] < radius - slack:
                _paint_disc(thickness, margin, row, column, radius, slack)
    thickness[~mask] = 0
    return thickness


def _paint_disc(thickness: Floats, margin: Floats, row: int, column: int, radius: float, slack: float) -> None:
    reach = int(2 * (radius + slack)) + 1
    # Windows begin on a pixel, so that every second lattice point is one.
    top, left = (max(0, (place - reach) // 2 * 2) for place in (row, column))
    bottom, right = row + reach + 1, column + reach + 1
    down = np.arange(top, min(bottom, margin.shape[0]), dtype=np.float32) - row
    across = np.arange(left, min(right, margin.shape[1]), dtype=np.float32) - column
    inside = radius - np.sqrt((down * down)[:, None] + across * across) / 2
    window = margin[top:bottom, left:right]
    np.maximum(window, inside, out=window)
    covered = inside[::2, ::2] >= -slack
    pixels = thickness[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2]
    np.maximum(pixels, covered * np.float32(2 * radius), out=pixels)
