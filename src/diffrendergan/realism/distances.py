"""Distances between sets of patches over random halves of their scans, and sliced Wasserstein on a pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.metrics.kernel import Between, over_halves
from diffrendergan.metrics.scan_splits import Mask
from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.scales import levels_of
from diffrendergan.runs import seeds
from diffrendergan.sizes.bootstrap import Interval, percentile_interval

GRID = 128
"""Steps at which distributions of projections are compared: a step is far below any difference that counts."""


@dataclass(frozen=True)
class Distance:
    """A distance between random halves of the scans, and the same of real against real."""

    value: float
    interval: Interval
    real: float | None
    """Between two halves of the real scans; None where there are fewer than four."""
    real_interval: Interval | None


def sliced_wasserstein(real: Sequence[FloatImage], synthetic: Sequence[FloatImage], seed: int) -> list[Between]:
    """Return the sliced Wasserstein distance of neighbourhoods for each level of a Laplacian pyramid, finest first.

    In standard deviations of the real neighbourhoods: .1 means that a grey value of that detail has to be moved by a
    tenth of their spread, on average over directions.

    Parameters
    ----------
    real, synthetic : sequences of ndarray (S, S)
        Grey values in [0, 1].
    seed : int
        Of the places and directions.

    Source: T. Karras et al., Progressive growing of GANs, 2018; here the distributions are compared on a grid.
    """
    levels = levels_of(real[0].shape[0])
    edge = RULES.descriptor_px
    directions = seeds.generator(seed, "compare", "directions").normal(size=(edge * edge, RULES.directions))
    directions /= np.linalg.norm(directions, axis=0)
    projected = [_projections(side, levels, directions, seed) for side in (real, synthetic)]
    return [_level_distance(projected[0][level], projected[1][level]) for level in range(levels)]


def measured(
    between: Between, scans: tuple[Sequence[str], Sequence[str]], seed: int, with_real: bool = True
) -> Distance:
    """Return the mean and range of a distance over random halves of the scans."""
    values = over_halves(between, scans, seed, RULES.draws)
    if not with_real:
        return Distance(float(np.nanmean(values)), percentile_interval(values), None, None)
    real = over_halves(between, scans, seed, RULES.draws, both_real=True)
    return Distance(
        float(np.nanmean(values)), percentile_interval(values), float(np.nanmean(real)), percentile_interval(real)
    )


def _projections(
    patches: Sequence[FloatImage], levels: int, directions: NDArray[np.float64], seed: int
) -> list[NDArray[np.float64]]:
    """Return, for each level, the projections of the neighbourhoods of patches, (n, neighbourhoods, directions)."""
    edge = RULES.descriptor_px
    found: list[list[NDArray[np.float64]]] = [[] for _ in range(levels)]
    for number, patch in enumerate(patches):
        coarse = np.asarray(patch, dtype=np.float64)
        generator = seeds.generator(seed, "compare", "places", number)
        for level in range(levels):
            blurred = ndimage.gaussian_filter(coarse, 1.0)
            detail = coarse - blurred if level < levels - 1 else coarse
            windows = np.lib.stride_tricks.sliding_window_view(detail, (edge, edge))
            rows, columns = (generator.integers(0, side, RULES.descriptors) for side in windows.shape[:2])
            found[level].append(windows[rows, columns].reshape(-1, edge * edge) @ directions)
            coarse = blurred[::2, ::2]
    return [np.stack(level) for level in found]


def _level_distance(real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> Between:
    """Return the distance at a level, from the distribution of every patch on a common grid."""
    spread = real.std(axis=(0, 1)) + 1e-9
    low = np.minimum(real.min(axis=(0, 1)), synthetic.min(axis=(0, 1))) / spread
    high = np.maximum(real.max(axis=(0, 1)), synthetic.max(axis=(0, 1))) / spread
    step = (high - low) / GRID + 1e-12
    shares = [_cumulated(side / spread, low, step) for side in (real, synthetic)]

    def between(first: Mask, second: Mask, both_real: bool) -> float:
        other = shares[0 if both_real else 1]
        gaps = np.abs(_mean_of(shares[0], first) - _mean_of(other, second)).sum(axis=1)
        return float((gaps * step).mean())

    return between


def _mean_of(shares: NDArray[np.float32], chosen: Mask) -> NDArray[np.float32]:
    """Return the mean distribution of chosen patches; as a product, which copies nothing."""
    weights = chosen.astype(np.float32) / np.float32(chosen.sum())
    return np.asarray(np.tensordot(weights, shares, axes=1), dtype=np.float32)


def _cumulated(values: NDArray[np.float64], low: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the cumulated distribution of each patch's projections, shape (n, directions, GRID)."""
    places = np.clip(((values - low) / step).astype(np.int64), 0, GRID - 1)
    count, neighbourhoods, directions = values.shape
    cumulated = np.zeros((count, directions, GRID), np.float32)
    offsets = np.arange(directions) * GRID
    for patch in range(count):
        counts = np.bincount((places[patch] + offsets).ravel(), minlength=directions * GRID)
        cumulated[patch] = counts.reshape(directions, GRID).cumsum(axis=1) / neighbourhoods
    return cumulated
