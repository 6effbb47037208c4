"""Tiled prediction on micrographs of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diffrendergan.segmentation.network import CLASSES, normalise

TILES_AT_ONCE = 8
WINDOW_SIGMA = 0.2
"""Standard deviation of the Gaussian by which overlapping tiles are weighted, as a fraction of the tile."""
FLIPS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-1, -2))
"""Axes along which a tile is flipped for test-time averaging."""


@dataclass(frozen=True)
class NetworkSegmenter:
    """A trained network as a `Segmenter`."""

    network: nn.Module
    """In evaluation mode."""
    patch_size: int
    """Edge of the tiles [px]."""
    overlap: float = 0.5
    """Overlap of neighbouring tiles, in [0, 1)."""
    flips: bool = True
    """Average over the four mirror images of each tile."""

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return class probabilities (3, H, W) of an image (H, W) in [0, 1]; images smaller than a tile are reflected.

        Raises
        ------
        ValueError
            If the image is not two-dimensional or has no pixels.
        """
        if pixels.ndim != 2 or not pixels.size:
            raise ValueError(f"an image of shape (H, W) is needed, got {pixels.shape}")
        height, width = pixels.shape
        missing = [max(self.patch_size - length, 0) for length in pixels.shape]
        padded = np.pad(pixels, [(m // 2, m - m // 2) for m in missing], mode="symmetric")
        probabilities = self._predict_padded(torch.from_numpy(np.ascontiguousarray(padded, np.float32)))
        top, left = missing[0] // 2, missing[1] // 2
        return probabilities[:, top : top + height, left : left + width].numpy()

    @torch.inference_mode()
    def _predict_padded(self, pixels: Tensor) -> Tensor:
        size = self.patch_size
        rows, columns = (tile_starts(length, size, self.overlap) for length in pixels.shape)
        corners = [(row, column) for row in rows for column in columns]
        window = tile_window(size)
        total = torch.zeros((CLASSES, *pixels.shape))
        weight = torch.zeros(tuple(pixels.shape))
        for first in range(0, len(corners), TILES_AT_ONCE):
            part = corners[first : first + TILES_AT_ONCE]
            tiles = torch.stack([pixels[r : r + size, c : c + size] for r, c in part])[:, None]
            for (r, c), probabilities in zip(part, self._predict_tiles(tiles), strict=True):
                total[:, r : r + size, c : c + size] += window * probabilities
                weight[r : r + size, c : c + size] += window
        return total / weight

    def _predict_tiles(self, tiles: Tensor) -> Tensor:
        """Return probabilities (B, 3, P, P) of tiles (B, 1, P, P)."""
        flips = FLIPS if self.flips else FLIPS[:1]
        total = torch.zeros((len(tiles), CLASSES, *tiles.shape[-2:]))
        for axes in flips:
            logits = self.network(normalise(tiles.flip(axes)))
            total += logits.softmax(dim=1).flip(axes)
        return total / len(flips)


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


def tile_window(size: int) -> Tensor:
    """Return the positive weights (P, P) of a tile's pixels: a Gaussian about its centre."""
    offsets = (torch.arange(size) - (size - 1) / 2) / (WINDOW_SIGMA * size)
    profile = torch.exp(-0.5 * offsets**2).clamp_min(1e-3)
    return profile[:, None] * profile[None, :]
