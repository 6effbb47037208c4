"""Where tiles lie on an image, and how they are blended."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

LEAST_TILE, MOST_TILE = 0.75, 1.625
"""Tiles are at least and at most so many times as long as asked: measured, scores do not depend on it."""
WORTH_IT = 0.85
"""They are as long as asked unless that makes less than this of what is predicted."""
TILE_GRAIN_PX = 32
"""Tiles are as long as a multiple of this [px]."""
WINDOW_SIGMA = 0.2
"""Standard deviation of the Gaussian by which overlapping tiles are weighted, as a fraction of the tile."""


def tile_length(length: int, size: int, overlap: float) -> int:
    """Return how long tiles are along an axis for the least of it to be predicted twice.

    Tiles of 512 px that overlap by a quarter cover 1024 px only as three that overlap by half; two of 608 px do.

    Parameters
    ----------
    length, size
        Length of the axis, and of a tile as asked [px]; an axis that one such tile covers has that.
    overlap
        Least overlap of neighbours, as a fraction of the tile.
    """
    if length <= size:
        return size
    found = [(WORTH_IT * predicted(length, size, overlap), size)]
    for count in range(1, math.ceil(length / (LEAST_TILE * size * (1 - overlap))) + 2):
        tile = math.ceil(length / (count - (count - 1) * overlap) / TILE_GRAIN_PX) * TILE_GRAIN_PX
        if LEAST_TILE * size <= tile <= MOST_TILE * size:
            found.append((predicted(length, tile, overlap), tile))
    return min(found)[1]


def predicted(length: int, tile: int, overlap: float) -> int:
    """Return how long all tiles along an axis are together [px]."""
    return tile * len(tile_starts(max(length, tile), tile, overlap))


def tile_starts(length: int, size: int, overlap: float) -> list[int]:
    """Return where tiles begin along an axis: evenly spread, touching both ends, overlapping at least as asked.

    Parameters
    ----------
    length, size
        Length of the axis and of a tile [px]; length ≥ size.
    overlap
        Least overlap of neighbours, as a fraction of the tile.
    """
    step = max(1, int(size * (1 - overlap)))
    count = 1 + -(-(length - size) // step)
    return np.linspace(0, length - size, count).round().astype(int).tolist()


def tile_window(height: int, width: int) -> Tensor:
    """Return the positive weights (H, W) of a tile's pixels: a Gaussian about its centre."""
    return _profile(height)[:, None] * _profile(width)[None, :]


def _profile(size: int) -> Tensor:
    offsets = (torch.arange(size) - (size - 1) / 2) / (WINDOW_SIGMA * size)
    return torch.exp(-0.5 * offsets**2).clamp_min(1e-3)
