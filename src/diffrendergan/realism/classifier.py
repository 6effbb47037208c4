"""The classifier: discriminants of all measured numbers, of each kind of them and of a network's features, weighed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.realism.discriminant import Discriminant, fit_discriminant
from diffrendergan.realism.rules import RULES

Rows = NDArray[np.float64]
Views = Mapping[str, Rows]
"""What is seen of n patches, by the name of its kind: (n, D) each."""

NETWORK = "features of a network"
"""The view of which only principal components are looked at: it has more numbers than there are patches."""


def rows_of(views: Views, chosen: NDArray[Any]) -> dict[str, Rows]:
    """Return what is seen of some patches."""
    return {name: rows[chosen] for name, rows in views.items()}


def joined(first: Views, second: Views) -> dict[str, Rows]:
    """Return what is seen of the patches of two sides."""
    return {name: np.concatenate([rows, second[name]]) for name, rows in first.items()}


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier."""

    models: Mapping[str, Discriminant]
    """For each view."""
    weights: Any
    """A logistic regression on their scores."""

    def scores(self, views: Views) -> NDArray[np.float64]:
        """Return the log odds by each view alone that patches are synthetic, shape (n, views)."""
        return np.stack([model.scores(views[name]) for name, model in self.models.items()], axis=1)

    def synthetic(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability by all views that patches with these scores are synthetic, shape (n,)."""
        return np.asarray(self.weights.predict_proba(_squashed(scores))[:, 1])


def train(views: Views, synthetic: NDArray[np.bool_], scans: Sequence[str]) -> Classifier:
    """Train a classifier.

    Each view has a linear discriminant with a shrunk covariance, which takes out what differs between scans of a side.
    How far each is to be believed is learned from scores of patches that it has not seen, of other scans.

    Parameters
    ----------
    views : Views
        Of the patches.
    synthetic : ndarray of bool, shape (n,)
        Which of them are synthetic; some are, some are not.
    scans : sequence of str
        Where each patch is from.

    Source: D. H. Wolpert, Stacked generalization, 1992 (weights).
    """
    from sklearn.linear_model import LogisticRegression

    scores = np.zeros((len(synthetic), len(views)))
    for inside in _folds(synthetic, scans):
        for column, (name, rows) in enumerate(views.items()):
            model = _fitted(name, rows[inside], synthetic[inside])
            scores[~inside, column] = model.scores(rows[~inside])
    weights = LogisticRegression(C=1.0).fit(_squashed(scores), synthetic)
    return Classifier({name: _fitted(name, rows, synthetic) for name, rows in views.items()}, weights)


def _squashed(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores without extremes: a patch of which a discriminant is sure weighs no more for being far out."""
    return np.asarray(np.tanh(scores / 4) * 4)


def _fitted(name: str, rows: Rows, synthetic: NDArray[np.bool_]) -> Discriminant:
    # Fewer components than a third of the patches, so that their covariance can be learned.
    return fit_discriminant(rows, synthetic, min(RULES.network_parts, len(rows) // 3) if name == NETWORK else None)


def _folds(synthetic: NDArray[np.bool_], scans: Sequence[str]) -> Iterator[NDArray[np.bool_]]:
    """Yield which patches are trained on, fold by fold; a scan is on one side, but where a class has one scan only."""
    names = np.asarray(scans)
    fold = np.zeros(len(names), dtype=int)
    for label in (False, True):
        places = np.flatnonzero(synthetic == label)
        keys = names[places] if len(set(names[places])) > 1 else np.arange(len(places)).astype(str)
        _, numbers = np.unique(keys, return_inverse=True)
        fold[places] = numbers % RULES.folds
    for number in range(RULES.folds):
        inside = fold != number
        if not inside.all() and 0 < synthetic[inside].sum() < inside.sum():
            yield inside
