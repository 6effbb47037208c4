"""Learning a posterior from examples: a forest, and how wide its intervals have to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.inference.coordinates import scaled, to_quantities
from diffrendergan.inference.examples import Examples
from diffrendergan.inference.forest import Forest
from diffrendergan.inference.posterior import INTERVAL, Posterior, distances
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.truth import QUANTITIES
from diffrendergan.runs import seeds

Values = NDArray[np.float64]

TREES = 48
"""Of the forest. Four times as many changed nothing (docs/decisions/0011-inference.md)."""
LEAST_IN_LEAF = 5
ASKED = 0.5
"""Share of the statistics among which each node chooses its question."""
FOLDS = 8
"""Parts of the sets, each of which is left out once to tell how wide intervals have to be."""


def learn(examples: Examples, seed: int) -> Posterior:
    """Return the posterior that examples teach; the same examples and seed give the same."""
    draft = _learned(examples, seed)
    return draft.replaced(widths=widths_for(*left_out(examples, seed)))


def left_out(examples: Examples, seed: int) -> tuple[Values, Values, Values, Values]:
    """Return what posteriors say of whole sets that they were not taught by.

    Returns
    -------
    low, middle, high : float64 (n, 5)
        Of the intervals before they are widened, as `coordinates.scaled`.
    true : float64 (n, 5)
    """
    fold = seeds.generator(seed, "inference", "folds").integers(FOLDS, size=int(examples.group.max()) + 1)
    levels, true = [], []
    for number in range(FOLDS):
        held = fold[examples.group] == number
        if not (held & examples.full).any():
            continue
        posterior, kept = _learned(examples.where(~held), seed), examples.where(held & examples.full)
        found = scaled(to_quantities(kept.found))
        for row in range(len(kept)):
            draws = posterior.draws(kept.statistics[row], found[row])
            levels.append(np.quantile(draws, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=0))
        true.append(scaled(to_quantities(kept.true)))
    low, middle, high = np.moveaxis(np.array(levels), 1, 0)
    return low, middle, high, np.concatenate(true)


def widths_for(low: Values, middle: Values, high: Values, true: Values) -> Values:
    """Return by how much intervals have to be widened so that as many hold as is stated: float64 (5,).

    Source: Y. Romano, E. Patterson, E. J. Candès, Conformalized Quantile Regression, NeurIPS 2019, with factors in
    place of additions.
    """
    off = true - middle
    needed = np.where(off >= 0, off / np.maximum(high - middle, 1e-3), off / np.minimum(low - middle, -1e-3))
    return np.asarray(np.quantile(needed, min(1.0, INTERVAL * (1 + 1 / len(true))), axis=0))


def _learned(examples: Examples, seed: int) -> Posterior:
    from sklearn.ensemble import ExtraTreesRegressor

    middle = examples.statistics.mean(axis=0)
    spread = np.maximum(examples.statistics.std(axis=0), 1e-3)
    standardised = (examples.statistics - middle) / spread
    off = scaled(to_quantities(examples.true)) - scaled(to_quantities(examples.found))
    unit = np.maximum(np.subtract(*np.quantile(off, [0.95, 0.05], axis=0)), 1e-3)
    forest = ExtraTreesRegressor(
        TREES, min_samples_leaf=LEAST_IN_LEAF, max_features=ASKED,
        random_state=seeds.integer32(seed, "inference", "forest"),
    )  # fmt: skip
    wanted = np.clip(off / unit, -3, 3)
    # How far off examples are is asked for as well: where they scatter is worth a question, though their mean is not.
    wanted = np.hstack([wanted, np.abs(wanted - np.median(wanted, axis=0))])
    forest.fit(standardised, wanted, sample_weight=examples.share)
    whole = examples.where(examples.full)
    draft = Posterior(
        names=examples.names, middle=middle, spread=spread, off=off,
        forest=Forest.of(forest, standardised, examples.share), widths=np.ones(len(QUANTITIES)),
        precision=_precision(standardised), usual=1.0,
        prior=np.quantile(scaled(to_quantities(whole.true)), [0.05, 0.5, 0.95], axis=0), record={},
    )  # fmt: skip
    return draft.replaced(usual=float(np.quantile(distances(draft, whole.statistics), RULES.usual_share)))


def _precision(standardised: Values) -> Values:
    """Return the inverse of the covariance of standardised statistics, shrunk towards none."""
    covariance = np.cov(np.clip(standardised, -RULES.beyond, RULES.beyond).T)
    return np.asarray(np.linalg.inv((1 - RULES.shrinkage) * covariance + RULES.shrinkage * np.eye(len(covariance))))
