"""Tiled prediction on micrographs of any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diffrendergan.runs.device import mixed_precision
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.unet.losses import CLASS_WEIGHTS, CLASSES
from diffrendergan.segmentation.unet.network import OUTPUTS, normalise
from diffrendergan.segmentation.unet.tiles import tile_starts, tile_window

TILES_AT_ONCE = 8
PIXELS_AT_ONCE = TILES_AT_ONCE * 512**2
"""No more tiles are predicted at once than have so many pixels, for the sake of memory."""
GRAIN_PX = 32
"""Images that are predicted whole are filled up to multiples of this, since the network halves them [px]."""
FLIPS: tuple[tuple[int, ...], ...] = ((), (-1,), (-2,), (-1, -2))
"""Axes along which a tile is flipped for test-time averaging."""


@dataclass(frozen=True)
class NetworkSegmenter:
    """A trained network as a `Segmenter`."""

    network: nn.Module
    """In evaluation mode, on `device`."""
    tile_size: int
    """Edge of the tiles [px]."""
    overlap: float = 0.25
    """Overlap of neighbouring tiles, in [0, 1)."""
    flips: bool = True
    """Average over the four mirror images of each tile."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    whole_px: int = 0
    """Along an axis no longer than this, an image is not cut into tiles [px]."""
    least_px: int = 0
    """What is not cut into tiles is filled up to at least this [px]."""

    def once(self) -> NetworkSegmenter:
        """Return the same without mirror images."""
        return replace(self, flips=False)

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return classes and distances of an image (H, W) in [0, 1]; images smaller than a tile are reflected.

        Beside the image and the result, only one row of tiles is held in memory.

        Raises
        ------
        ValueError
            If the image is not two-dimensional or has no pixels.
        """
        if pixels.ndim != 2 or not pixels.size:
            raise ValueError(f"an image of shape (H, W) is needed, got {pixels.shape}")
        height, width = pixels.shape
        sizes = [self._size(length) for length in pixels.shape]
        missing = [max(size - length, 0) for size, length in zip(sizes, pixels.shape, strict=True)]
        padded = np.pad(pixels, [(m // 2, m - m // 2) for m in missing], mode="symmetric")
        outputs = np.empty((OUTPUTS, *padded.shape), np.float32)
        for first, rows in self._finished_rows(torch.from_numpy(np.ascontiguousarray(padded, np.float32)), *sizes):
            outputs[:, first : first + rows.shape[1]] = rows.numpy()
        top, left = missing[0] // 2, missing[1] // 2
        outputs = outputs[:, top : top + height, left : left + width]
        return Prediction(outputs[:CLASSES], outputs[CLASSES], CLASS_WEIGHTS)

    def _size(self, length: int) -> int:
        """Return the edge of the tiles along an axis of a length [px]."""
        if length > self.whole_px:
            return self.tile_size
        return max(self.least_px, -(-length // GRAIN_PX) * GRAIN_PX)

    @torch.inference_mode()
    def _finished_rows(self, pixels: Tensor, high: int, wide: int) -> Iterator[tuple[int, Tensor]]:
        """Yield the first of some rows, and the outputs (4, h, W) of these rows, from top to bottom."""
        height, width = pixels.shape
        rows, columns = tile_starts(height, high, self.overlap), tile_starts(width, wide, self.overlap)
        window = tile_window(high, wide)
        total = torch.zeros((OUTPUTS, high, width))
        weight = torch.zeros((high, width))
        at_once = max(1, min(TILES_AT_ONCE, PIXELS_AT_ONCE // (high * wide)))
        for row, following in zip(rows, [*rows[1:], height], strict=True):
            for start in range(0, len(columns), at_once):
                part = columns[start : start + at_once]
                tiles = torch.stack([pixels[row : row + high, c : c + wide] for c in part])[:, None]
                for c, outputs in zip(part, self._predict_tiles(tiles), strict=True):
                    total[:, :, c : c + wide] += window * outputs
                    weight[:, c : c + wide] += window
            done = following - row
            yield row, total[:, :done] / weight[:done]
            # What later tiles still add to moves up.
            total = torch.cat([total[:, done:], torch.zeros((OUTPUTS, done, width))], dim=1)
            weight = torch.cat([weight[done:], torch.zeros((done, width))])

    def _predict_tiles(self, tiles: Tensor) -> Tensor:
        """Return class probabilities and distances (B, 4, P, P) of tiles (B, 1, P, P)."""
        flips = FLIPS if self.flips else FLIPS[:1]
        tiles = normalise(tiles.to(self.device))
        total = torch.zeros((len(tiles), OUTPUTS, *tiles.shape[-2:]))
        for axes in flips:
            with mixed_precision(self.device):
                logits = self.network(tiles.flip(axes)).float()
            outputs = torch.cat([logits[:, :CLASSES].softmax(dim=1), logits[:, CLASSES:].sigmoid()], dim=1)
            total += outputs.flip(axes).cpu()
        return total / len(flips)
