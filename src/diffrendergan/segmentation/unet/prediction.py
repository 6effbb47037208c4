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
from diffrendergan.segmentation.stars import RAYS, STRIDE, mirrored
from diffrendergan.segmentation.unet.losses import CLASS_WEIGHTS, CLASSES
from diffrendergan.segmentation.unet.network import OUTPUTS, normalise
from diffrendergan.segmentation.unet.tiles import tile_length, tile_starts, tile_window
from diffrendergan.segmentation.unet.whole_head import has_whole_shapes, lengths_of

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
    """Edge of the tiles [px], about: see `tiles.tile_length`."""
    overlap: float = 0.25
    """Overlap of neighbouring tiles, in [0, 1)."""
    flips: bool = True
    """Average over the four mirror images of each tile."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    whole_px: int = 0
    """Along an axis no longer than this, an image is not cut into tiles [px]."""
    least_px: int = 0
    """What is not cut into tiles is filled up to at least this [px]."""
    reach: float = 1.0
    """Whole shapes reach so many times as far as predicted."""

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
        sizes = [self._size(length) for length in pixels.shape]
        before, padded = self._padded(pixels, sizes)
        canvases = [
            np.empty((channels, *(length // stride for length in padded.shape)), np.float32)
            for channels, stride in self._parts
        ]
        for first, parts in self._finished_rows(torch.from_numpy(padded), *sizes):
            for canvas, rows, (_, stride) in zip(canvases, parts, self._parts, strict=True):
                start = first // stride
                canvas[:, start : start + rows.shape[1]] = rows.numpy()
        outputs, *more = (
            _part(canvas, before, pixels.shape, stride)
            for canvas, (_, stride) in zip(canvases, self._parts, strict=True)
        )
        for stars in more:
            stars[1:] *= np.float32(self.reach)
        return Prediction(outputs[:CLASSES], outputs[CLASSES], CLASS_WEIGHTS, *more)

    @property
    def _parts(self) -> tuple[tuple[int, int], ...]:
        """Channels of each output of the network, and how many pixels one value of it stands for along each axis."""
        return ((OUTPUTS, 1), (1 + RAYS, STRIDE)) if has_whole_shapes(self.network) else ((OUTPUTS, 1),)

    @property
    def _grain(self) -> int:
        """Tiles and images begin and end at multiples of this [px]."""
        return self._parts[-1][1]

    def _padded(self, pixels: NDArray[np.float32], sizes: list[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Return what is added before an image along each axis, and it filled up by reflection to at least a tile."""
        grain = self._grain
        missing = [size - n if size > n else -n % grain for size, n in zip(sizes, pixels.shape, strict=True)]
        before = [m // 2 // grain * grain for m in missing]
        margins = [(b, m - b) for b, m in zip(before, missing, strict=True)]
        return before, np.ascontiguousarray(np.pad(pixels, margins, mode="symmetric"), np.float32)

    def _size(self, length: int) -> int:
        """Return the edge of the tiles along an axis of a length [px]."""
        if length > self.whole_px:
            return tile_length(length, self.tile_size, self.overlap)
        return max(self.least_px, -(-length // GRAIN_PX) * GRAIN_PX)

    @torch.inference_mode()
    def _finished_rows(self, pixels: Tensor, high: int, wide: int) -> Iterator[tuple[int, list[Tensor]]]:
        """Yield the first of some rows, and each output (C, h, w) of these rows, from top to bottom."""
        height, width = pixels.shape
        rows, columns = self._starts(height, high), self._starts(width, wide)
        windows = [tile_window(high, wide)[stride // 2 :: stride, stride // 2 :: stride] for _, stride in self._parts]
        totals = [torch.zeros((channels, high // stride, width // stride)) for channels, stride in self._parts]
        weights = [torch.zeros((high // stride, width // stride)) for _, stride in self._parts]
        at_once = max(1, min(TILES_AT_ONCE, PIXELS_AT_ONCE // (high * wide)))
        for row, following in zip(rows, [*rows[1:], height], strict=True):
            for start in range(0, len(columns), at_once):
                part = columns[start : start + at_once]
                tiles = torch.stack([pixels[row : row + high, c : c + wide] for c in part])[:, None]
                for number, told in enumerate(self._predict_tiles(tiles)):
                    stride, window = self._parts[number][1], windows[number]
                    for c, outputs in zip(part, told, strict=True):
                        place = slice(c // stride, (c + wide) // stride)
                        totals[number][:, :, place] += window * outputs
                        weights[number][:, place] += window
            done = [(following - row) // stride for _, stride in self._parts]
            yield row, [total[:, :n] / weight[:n] for total, weight, n in zip(totals, weights, done, strict=True)]
            # What later tiles still add to moves up.
            for number, n in enumerate(done):
                total, weight = totals[number], weights[number]
                totals[number] = torch.cat([total[:, n:], torch.zeros((len(total), n, total.shape[2]))], dim=1)
                weights[number] = torch.cat([weight[n:], torch.zeros((n, weight.shape[1]))])

    def _starts(self, length: int, size: int) -> list[int]:
        """Return where tiles begin along an axis."""
        return [start // self._grain * self._grain for start in tile_starts(length, size, self.overlap)]

    def _predict_tiles(self, tiles: Tensor) -> list[Tensor]:
        """Return the outputs of tiles (B, 1, P, P): what is said of the pixels (B, 4, P, P), and stars, if any."""
        flips = FLIPS if self.flips else FLIPS[:1]
        tiles = normalise(tiles.to(self.device))
        high, wide = tiles.shape[-2:]
        totals = [torch.zeros((len(tiles), n, high // stride, wide // stride)) for n, stride in self._parts]
        for axes in flips:
            shown = tiles.flip(axes)
            with mixed_precision(self.device):
                raw, stars = self.network(shown, whole=True) if len(totals) > 1 else (self.network(shown), None)
            logits = raw.float()
            outputs = torch.cat([logits[:, :CLASSES].softmax(dim=1), logits[:, CLASSES:].sigmoid()], dim=1)
            totals[0] += outputs.flip(axes).cpu()
            if stars is not None:
                stars = stars.float()
                outputs = torch.cat([stars[:, :1].sigmoid(), lengths_of(stars)[:, mirrored(axes)]], dim=1)
                totals[1] += outputs.flip(axes).cpu()
        return [total / len(flips) for total in totals]


def _part(canvas: NDArray[np.float32], before: list[int], shape: tuple[int, ...], stride: int) -> NDArray[np.float32]:
    """Return what an output (C, h, w) says of an image within the one that was filled up."""
    rows, columns = (
        slice(start // stride, -(-(start + length) // stride)) for start, length in zip(before, shape, strict=True)
    )
    return canvas[:, rows, columns]
