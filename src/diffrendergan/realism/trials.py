"""The error of the classifier over many splits, of synthetic against real patches and of real against real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from diffrendergan.metrics.scan_splits import Split, balanced, within
from diffrendergan.realism.classifier import Views, joined, rows_of, train
from diffrendergan.realism.rules import RULES
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
    """Over scans and splits; None for fewer than two scans on a side."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What the classifiers of all splits say of patches that they were not trained on."""

    error: Error
    real: NDArray[np.float64]
    """Mean probability that each real patch is synthetic, shape (n,); NaN where it was in no test."""
    synthetic: NDArray[np.float64]
    alone: dict[str, float]
    """The error by each view alone."""


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
    # The last column is that of all views together.
    chances = [np.full((RULES.splits, len(names), len(real) + 1), np.nan) for names in scans]
    for number in reporter.track(range(RULES.splits), purpose, total=RULES.splits):
        generator = seeds.generator(seed, "compare", purpose, number)
        split = draw(generator)
        uses = (split.real, split.synthetic)
        rows = balanced([within(scans[side], uses[side][0]) for side in (0, 1)], generator)
        trained = train(
            joined(*(rows_of(view, row) for view, row in zip(sides, rows, strict=True))),
            np.repeat([False, True], [len(rows[0]), len(rows[1])]),
            [scans[side][row] for side in (0, 1) for row in rows[side]],
        )
        for side in (0, 1):
            tested = np.flatnonzero(within(scans[side], uses[side][1]))
            scores = trained.scores(rows_of(sides[side], tested))
            chances[side][number, tested, :-1] = expit(scores)
            chances[side][number, tested, -1] = trained.synthetic(scores)
    together = [chance[..., -1] for chance in chances]
    alone = {name: _value([chance[..., k] for chance in chances], scans) for k, name in enumerate(real)}
    return Trial(_error(together, scans, seed), _means(together[0]), _means(together[1]), alone)


def _means(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the splits in which a patch was tested; NaN for those of no test."""
    tests = np.isfinite(chances).sum(axis=0)
    return np.asarray(np.where(tests > 0, np.nansum(chances, axis=0) / np.maximum(tests, 1), np.nan))


def _error(chances: Sequence[NDArray[np.float64]], scans: tuple[Sequence[str], Sequence[str]], seed: int) -> Error:
    """Return the mean error of both sides; for its interval, scans and splits are drawn again.

    With scans alone it would be too narrow: the patches of a split are judged by one classifier.
    """
    counts = _counts(chances, scans)
    value = _value(chances, scans)
    if min(wrong.shape[1] for wrong, _ in counts) < 2:
        return Error(value, None)
    of_splits = _drawn(RULES.splits, seeds.generator(seed, "compare", "interval", "splits"))
    errors = []
    for side, (wrong, tested) in enumerate(counts):
        of_scans = _drawn(wrong.shape[1], seeds.generator(seed, "compare", "interval", side))
        sums = [((of_splits @ count) * of_scans).sum(axis=1) for count in (wrong, tested)]
        errors.append(sums[0] / np.maximum(sums[1], 1))
    return Error(value, percentile_interval(np.mean(errors, axis=0)))


def _value(chances: Sequence[NDArray[np.float64]], scans: tuple[Sequence[str], Sequence[str]]) -> float:
    return float(np.mean([wrong.sum() / tested.sum() for wrong, tested in _counts(chances, scans)]))


def _counts(
    chances: Sequence[NDArray[np.float64]], scans: tuple[Sequence[str], Sequence[str]]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    sides = enumerate(zip(chances, scans, strict=True))
    return [_by_scan(chance, names, bool(side)) for side, (chance, names) in sides]


def _drawn(number: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return how often each of so many is in each draw, shape (draws, number)."""
    rows = [np.bincount(row, minlength=number) for row in drawn_again(number, RULES.resamples, generator)]
    return np.array(rows, dtype=np.float64)


def _by_scan(
    chances: NDArray[np.float64], scans: Sequence[str], synthetic: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors and tested patches of each split and scan, shapes (splits, scans)."""
    tested = np.isfinite(chances)
    wrong = tested & ((chances > FAIR) != synthetic)
    member = np.equal.outer(np.asarray(scans), np.unique(scans)).astype(np.float64)
    return wrong @ member, tested @ member
