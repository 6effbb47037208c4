"""Where tiles lie on an image, and how they are blended."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

WINDOW_SIGMA = 0.2
"""Standard deviation of the Gaussian by which overlapping tiles are weighted, as a fraction of the tile."""


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
