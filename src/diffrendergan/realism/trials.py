"""The error of the classifier over many splits, of synthetic against real patches and of real against real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.realism.classifier import Views, joined, train
from diffrendergan.realism.rules import RULES
from diffrendergan.realism.splits import Split, balanced, within
from diffrendergan.runs import seeds
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.bootstrap import Interval, drawn_again, percentile_interval

FAIR = 0.5
"""The error of guessing."""


@dataclass(frozen=True)
class Error:
    """A share of patches that are taken for what they are not."""

    value: float
    """Mean of both sides."""
    interval: Interval | None
    """Over scans; None for fewer than two on a side."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What the classifiers of all splits say of patches that they were not trained on."""

    error: Error
    real: NDArray[np.float64]
    """Mean probability that each real patch is synthetic, shape (n,); NaN where it was in no test."""
    synthetic: NDArray[np.float64]


def run_trial(
    real: Views,
    synthetic: Views,
    scans: tuple[Sequence[str], Sequence[str]],
    draw: Callable[[np.random.Generator], Split],
    seed: int,
    purpose: str,
    reporter: Reporter,
) -> Trial:
    """Train and test a classifier for each of many splits.

    Parameters
    ----------
    real, synthetic : Views
        Of n and m patches.
    scans : tuple of two sequences of str
        The scans of the real and of the synthetic patches.
    draw : callable
        Draws a split.
    seed, purpose
        Of the draws.
    reporter : Reporter
        Shows progress.
    """
    sides = (real, synthetic)
    said = [np.zeros((2, len(names))) for names in scans]  # sums of probabilities, and of errors
    tests = [np.zeros(len(names)) for names in scans]
    for number in reporter.track(range(RULES.splits), purpose, total=RULES.splits):
        generator = seeds.generator(seed, "compare", purpose, number)
        split = draw(generator)
        uses = (split.real, split.synthetic)
        rows = balanced([within(scans[side], uses[side][0]) for side in (0, 1)], generator)
        trained = train(
            joined(*(view.rows(row) for view, row in zip(sides, rows, strict=True))),
            np.repeat([False, True], [len(rows[0]), len(rows[1])]),
            [scans[side][row] for side in (0, 1) for row in rows[side]],
        )
        for side in (0, 1):
            tested = np.flatnonzero(within(scans[side], uses[side][1]))
            chance = trained.synthetic(sides[side].rows(tested))
            said[side][0, tested] += chance
            said[side][1, tested] += (chance > FAIR) != bool(side)
            tests[side][tested] += 1
    with np.errstate(invalid="ignore"):
        means = [sums / count for sums, count in zip(said, tests, strict=True)]
    error = _error(means[0][1], means[1][1], scans, seed)
    return Trial(error, means[0][0], means[1][0])


def _error(
    real: NDArray[np.float64],
    synthetic: NDArray[np.float64],
    scans: tuple[Sequence[str], Sequence[str]],
    seed: int,
) -> Error:
    """Return the mean error of both sides, with its interval over scans drawn again."""
    wrong, tested = zip(*(_by_scan(errors, names) for errors, names in ((real, scans[0]), (synthetic, scans[1]))),
                        strict=True)  # fmt: skip
    value = float(np.mean([w.sum() / t.sum() for w, t in zip(wrong, tested, strict=True)]))
    if min(map(len, wrong)) < 2:
        return Error(value, None)
    draws = np.zeros((2, RULES.resamples))
    for side in (0, 1):
        generator = seeds.generator(seed, "compare", "interval", side)
        for number, rows in enumerate(drawn_again(len(wrong[side]), RULES.resamples, generator)):
            draws[side, number] = wrong[side][rows].sum() / tested[side][rows].sum()
    return Error(value, percentile_interval(draws.mean(axis=0)))


def _by_scan(errors: NDArray[np.float64], scans: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors and patches of each scan that was tested."""
    names = np.asarray(scans)
    known = np.isfinite(errors)
    pairs = [(errors[rows].sum(), rows.sum()) for name in np.unique(names) if (rows := (names == name) & known).any()]
    wrong, tested = np.array(pairs, dtype=np.float64).T
    return wrong, tested
