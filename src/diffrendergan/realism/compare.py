"""The comparison of two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.metrics.kernel import Between, kernel_distance
from diffrendergan.metrics.scan_splits import Split, draw_null_split, draw_split
from diffrendergan.realism.classifier import NETWORK, Views
from diffrendergan.realism.comparison import Comparison
from diffrendergan.realism.curves import curves_of
from diffrendergan.realism.description import EVERYTHING, describe, flattened
from diffrendergan.realism.distances import Distance, measured, sliced_wasserstein
from diffrendergan.realism.sides import Side
from diffrendergan.realism.telling import telling_measures
from diffrendergan.realism.trials import Trial, run_trial
from diffrendergan.runs.reporter import Reporter

LEAST_NULL_SCANS = 4
"""Real against real needs four parts that share no scan."""
Scans = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison and what its picture shows."""

    comparison: Comparison
    real: NDArray[np.float64]
    """Probability that each real patch is synthetic, shape (n,); NaN for those of no test."""
    synthetic: NDArray[np.float64]


def compare_sides(
    real: Side,
    synthetic: Side,
    network: FeatureExtractor,
    seed: int,
    reporter: Reporter,
    notes: Sequence[str] = (),
) -> Compared:
    """Compare two sides.

    Parameters
    ----------
    real, synthetic : Side
        As `prepared_sides` returns them.
    network : FeatureExtractor
        Gives the features of the kernel distance, which the classifier sees too.
    seed : int
        Of all draws.
    reporter : Reporter
        Shows progress.
    notes : sequence of str
        What was said of the patches.

    Raises
    ------
    DataError
        If there are too few scans to split.
    """
    scans = (real.scans, synthetic.scans)
    draw_split(*scans, np.random.default_rng(0))  # refuses at once what cannot be split
    pixels = (real.pixels, synthetic.pixels)
    told = [describe(list(side), reporter, f"measuring {name} patches") for side, name in
            zip(pixels, ("real", "synthetic"), strict=True)]  # fmt: skip
    plain = [network.features(side, reporter) for side in pixels]
    even = [network.features(flattened(side), reporter) for side in pixels]
    draw = partial(_draw, scans)

    def trial(views: Sequence[Views], purpose: str) -> Trial:
        return run_trial(views[0], views[1], scans, draw, seed, purpose, reporter)

    views = [side.views() | {NETWORK: features} for side, features in zip(told, plain, strict=True)]
    main = trial(views, "synthetic against real")
    null = _null(views[0], scans[0], seed, reporter)
    flat = [side.even_views() | {NETWORK: features} for side, features in zip(told, even, strict=True)]
    evened = trial(flat, "the same, evened out")
    comparison = Comparison(
        error=main.error,
        even=evened.error,
        null=None if null is None else null.error,
        by_kind={kind: error for kind, error in main.alone.items() if kind != EVERYTHING},
        kernel=_distance(kernel_distance(plain[0], plain[1], scans), scans, seed),
        sliced=tuple(
            _distance(between, scans, seed) for between in sliced_wasserstein(list(pixels[0]), list(pixels[1]), seed)
        ),
        telling=telling_measures(told[0].told, told[1].told),
        curves=curves_of(told[0].told, told[1].told, pixels[0].shape[1]),
        patches=len(pixels[0]),
        patch_px=pixels[0].shape[1],
        scans=(len(set(scans[0])), len(set(scans[1]))),
        notes=tuple(notes),
    )
    return Compared(comparison, main.real, main.synthetic)


def _draw(scans: Scans, generator: np.random.Generator) -> Split:
    return draw_split(*scans, generator)


def _null(views: Views, scans: Sequence[str], seed: int, reporter: Reporter) -> Trial | None:
    if len(set(scans)) < LEAST_NULL_SCANS:
        return None
    return run_trial(views, views, (scans, scans), partial(draw_null_split, scans), seed, "real against real", reporter)


def _distance(between: Between, scans: Scans, seed: int) -> Distance:
    return measured(between, scans, seed, len(set(scans[0])) >= LEAST_NULL_SCANS)
