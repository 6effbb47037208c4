"""The power spectrum of a patch, at its full resolution: radially, and along and across the scan lines."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.described import Numbers, log_of
from diffrendergan.realism.rules import RULES

GROUP = "spectrum"
SECTORS = ("along the scan lines", "obliquely", "across the scan lines")
HIGHEST = (0.5, 0.6, 0.75)
"""Outer rings [cycles per px]: oblique frequencies reach .71."""
WEAK = 0.2
"""Share of the tiles whose power is below that of quiet tiles, which show ground and noise."""


def spectrum_numbers(patch: FloatImage) -> list[Numbers]:
    """Return log power in rings and sectors: of all tiles, of the usual tile, and of the quiet ones.

    Source: P. D. Welch, The use of fast Fourier transform for the estimation of power spectra, 1967.
    """
    size = tile_size(patch.shape[0])
    tiles = np.lib.stride_tricks.sliding_window_view(patch, (size, size))[:: size // 2, :: size // 2]
    tiles = tiles.reshape(-1, size, size).astype(np.float64)
    window = _window(size)
    power = np.abs(np.fft.rfft2((tiles - tiles.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
    places, names = _bins(size)
    inside = places >= 0
    # Power per pixel, so that white noise has its variance at all frequencies.
    sums = np.stack([np.bincount(places[inside], tile[inside], len(names)) for tile in power])
    rings = sums / np.bincount(places[inside], minlength=len(names)) / np.square(window).sum()
    logs = log_of(rings)
    kinds = {
        "power": log_of(rings.mean(axis=0)),
        "power in the usual tile": logs.mean(axis=0),
        "power in quiet places": np.quantile(logs, WEAK, axis=0),
    }
    return [
        Numbers(GROUP, tuple(f"{kind} at {name}" for name in names), values, "power") for kind, values in kinds.items()
    ]


def tile_size(edge: int) -> int:
    """Return the edge of tiles in a patch [px]: a power of two, at most half the patch."""
    return min(RULES.tile_px, 2 ** int(np.log2(edge // 2)))


def ring_edges(size: int) -> NDArray[np.float64]:
    """Return the edges of the rings of a tile [cycles per px]."""
    inner = np.geomspace(2.5 / size, HIGHEST[0], RULES.rings - 2)
    return np.array([1.5 / size, *inner, *HIGHEST[1:]])


@lru_cache(maxsize=4)
def _window(size: int) -> NDArray[np.float64]:
    line = np.hanning(size + 2)[1:-1]
    return np.outer(line, line)


@lru_cache(maxsize=4)
def _bins(size: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return which bin each frequency of a tile's half spectrum falls in (−1 for none), and the names of the bins."""
    down, right = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    edges = ring_edges(size)
    rings = np.digitize(np.hypot(down, right), edges) - 1
    angle = np.arctan2(np.abs(down), np.abs(right)) / (np.pi / 2)
    sectors = np.minimum((angle * RULES.sectors).astype(int), RULES.sectors - 1)
    places = np.where((rings >= 0) & (rings < len(edges) - 1), rings * RULES.sectors + sectors, -1)
    used, numbered = np.unique(places, return_inverse=True)
    first = int(used[0] == -1)
    names = tuple(
        f"{edges[bin_ // RULES.sectors]:.2f}–{edges[bin_ // RULES.sectors + 1]:.2f} cycles/px "
        f"{SECTORS[bin_ % RULES.sectors]}"
        for bin_ in used[first:]
    )
    return numbered.reshape(places.shape) - first, names
