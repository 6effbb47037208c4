"""Whether two samples differ in size: medians and whole distributions, with what chance makes of either."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs.seeds import generator
from diffrendergan.sizes.bootstrap import CONFIDENCE, Interval, drawn_by_group, percentile_interval
from diffrendergan.sizes.distribution import quantiles_of_draws

Values = NDArray[np.float64]

LEVELS = tuple((np.arange(100) + 0.5) / 100)
"""Quantiles by which distributions are compared: the mean of their differences is the distance."""
MEDIAN = 0.5
LEAST_DEALS = 21
"""Fewer ways to deal the scans to two samples cannot tell a chance of 5 %."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The particles of some scans that belong together."""

    name: str
    diameters: tuple[Values, ...]
    """Of each scan, in one unit."""
    weights: tuple[Values, ...]
    """How many particles each stands for."""
    draws: int = 400
    seed: int = 0

    @property
    def number(self) -> int:
        """Particles that count."""
        return sum(int((weights > 0).sum()) for weights in self.weights)

    @cached_property
    def quantiles(self) -> Values:
        """Quantiles of what was found at `LEVELS` and of the median, shape (101,)."""
        diameters, weights, _ = _together(self)
        return quantiles_of_draws(diameters, weights[None], (*LEVELS, MEDIAN))[:, 0]

    @cached_property
    def drawn(self) -> Values:
        """The same of scans, and particles in them, drawn again, shape (101, draws)."""
        diameters, weights, scans = _together(self)
        rng = generator(self.seed, "comparing", self.name)
        made = [
            quantiles_of_draws(
                diameters, (weights * np.bincount(chosen, minlength=len(weights)))[None], (*LEVELS, MEDIAN)
            )[:, 0]
            for chosen in drawn_by_group(scans, self.draws, rng)
        ]
        return np.stack(made, axis=1)


@dataclass(frozen=True)
class Difference:
    """How the second of two samples differs from the first, in their unit."""

    first: str
    second: str
    median: float
    """Median of the second less that of the first."""
    median_interval: Interval
    """95 %, by drawing scans, and particles in them, again."""
    distance: float
    """By how much a particle's size has to change, on average, to make one distribution of the other: the first
    Wasserstein distance."""
    distance_interval: Interval
    """Likewise; of equal samples it does not reach 0."""
    by_chance: float
    """A distance that two samples of the same scans, dealt at random, exceed in one of twenty cases; NaN for too few
    scans."""
    scans: tuple[int, int]

    @property
    def medians_differ(self) -> bool:
        """Whether the interval of the medians' difference leaves out 0."""
        return not self.median_interval.low <= 0 <= self.median_interval.high

    @property
    def distributions_differ(self) -> bool:
        """Whether the distance is larger than chance explains; False where that cannot be told."""
        return self.distance > self.by_chance


def difference(first: Sample, second: Sample) -> Difference | None:
    """Compare two samples of one unit; None where one has no whole particle.

    Parameters
    ----------
    first, second : Sample

    Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 15 (permutations).
    """
    if not first.number or not second.number:
        return None
    found, drawn = second.quantiles - first.quantiles, second.drawn - first.drawn
    return Difference(
        first.name,
        second.name,
        float(found[-1]),
        percentile_interval(drawn[-1]),
        float(np.abs(found[:-1]).mean()),
        percentile_interval(np.abs(drawn[:-1]).mean(axis=0)),
        _by_chance(first, second),
        (len(first.diameters), len(second.diameters)),
    )


def _by_chance(first: Sample, second: Sample) -> float:
    """Return the distance that is exceeded in 5 % of the ways to deal all scans to samples of these sizes."""
    size, number = len(first.diameters), len(first.diameters) + len(second.diameters)
    ways = math.comb(number, size) // (2 if 2 * size == number else 1)  # both samples exchanged are the same distance
    if ways < LEAST_DEALS:
        return math.nan
    both = Sample(f"{first.name} and {second.name}", first.diameters + second.diameters, first.weights + second.weights)
    diameters, weights, scans = _together(both)
    rng = generator(first.seed, "comparing", "deals", first.name, second.name)
    distances = []
    for dealt in _deals(number, size, min(first.draws, second.draws), rng):
        ours = np.isin(scans, dealt)
        if not ours.any() or ours.all():
            continue
        parts = quantiles_of_draws(diameters, np.stack([weights * ours, weights * ~ours]), LEVELS)
        distances.append(np.abs(parts[:, 1] - parts[:, 0]).mean())
    return float(np.quantile(distances, CONFIDENCE)) if distances else math.nan


def _deals(number: int, size: int, draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    for _ in range(draws):
        yield rng.permutation(number)[:size]


def _together(sample: Sample) -> tuple[Values, Values, NDArray[np.int64]]:
    """Return diameters, ascending, weights and scans of the particles that count."""
    diameters, weights = np.concatenate(sample.diameters), np.concatenate(sample.weights)
    scans = np.repeat(np.arange(len(sample.diameters)), [len(part) for part in sample.diameters])
    used = np.flatnonzero(weights > 0)
    used = used[np.argsort(diameters[used], kind="stable")]
    return diameters[used], weights[used], np.unique(scans[used], return_inverse=True)[1]


def pairs_of(names: Sequence[str], reference: str | None, most: int) -> list[tuple[str, str]]:
    """Return which samples are compared: each with the reference; without one all pairs, or each with the first.

    Parameters
    ----------
    names : sequence of str
        In their order.
    reference : str or None
    most : int
        Of more samples, not all pairs are compared.
    """
    if reference is None and len(names) <= most:
        return [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    against = names[0] if reference is None else reference
    return [(against, name) for name in names if name != against]
