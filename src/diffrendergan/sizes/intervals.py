"""How uncertain a mean over few scans is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from diffrendergan.runs import seeds

RESAMPLES = 2000
LEVEL = 0.95


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def bootstrap_mean(
    values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0, level: float = LEVEL
) -> Interval | None:
    """Return the percentile bootstrap interval of a mean.

    The values are drawn anew with replacement, as many as there are, `resamples` times; the interval holds the central
    part of the means. Values of equal number are drawn alike for equal seeds, whatever they measure.

    Parameters
    ----------
    values
        One value per scan: scans are what chance has picked, so seeds of one scan must be averaged before.
    resamples
        Number of draws, at least 1.
    seed
        Of the draws.
    level
        Probability in (0, 1) that the interval is meant to cover.

    Returns
    -------
    Interval or None
        None for fewer than two values, which say nothing of their spread.

    Raises
    ------
    ValueError
        If `resamples` or `level` is out of range, or a value is NaN or infinite.

    Source: Efron and Tibshirani 1993, chapter 13.
    """
    if resamples < 1 or not 0 < level < 1:
        raise ValueError(f"resamples must be at least 1 and level in (0, 1), got {resamples} and {level}")
    sample = np.asarray(values, dtype=np.float64)
    if not np.isfinite(sample).all():
        raise ValueError("values must be finite")
    if len(sample) < 2:
        return None
    generator = seeds.generator(seed, "scores", "bootstrap")
    means = sample[generator.integers(len(sample), size=(resamples, len(sample)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(low, high)
