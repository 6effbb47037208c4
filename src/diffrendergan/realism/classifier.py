"""The classifier: two discriminants, of measured numbers and of a network's features, weighed against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.realism.discriminant import Discriminant, fit_discriminant
from diffrendergan.realism.rules import RULES

Rows = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Views:
    """What the classifier sees of patches; one of the two may be missing."""

    measured: Rows | None
    """Shape (n, D)."""
    network: Rows | None
    """Shape (n, F)."""

    def rows(self, chosen: NDArray[Any]) -> Views:
        """Return what it sees of some patches."""
        return Views(*(None if part is None else part[chosen] for part in (self.measured, self.network)))

    @property
    def parts(self) -> list[tuple[bool, Rows]]:
        """The parts that are there, and whether each is the network's."""
        found = [(False, self.measured), (True, self.network)]
        return [(by_network, part) for by_network, part in found if part is not None]


def joined(first: Views, second: Views) -> Views:
    """Return what it sees of patches of two sides."""

    def both(a: Rows | None, b: Rows | None) -> Rows | None:
        return None if a is None or b is None else np.concatenate([a, b])

    return Views(both(first.measured, second.measured), both(first.network, second.network))


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier."""

    models: tuple[Discriminant, ...]
    """A discriminant for each part of the views."""
    weights: Any
    """A logistic regression on their scores."""

    def synthetic(self, views: Views) -> NDArray[np.float64]:
        """Return the probability that each patch is synthetic, shape (n,)."""
        scores = [model.scores(part) for model, (_, part) in zip(self.models, views.parts, strict=True)]
        return np.asarray(self.weights.predict_proba(_squashed(np.stack(scores, axis=1)))[:, 1])


def train(views: Views, synthetic: NDArray[np.bool_], scans: Sequence[str]) -> Classifier:
    """Train a classifier.

    Each part of the views has a linear discriminant with a shrunk covariance, which takes out what differs between
    scans of one side. How far either is to be believed is learned from scores of patches that it has not seen, of other
    scans.

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

    parts = views.parts
    scores = np.zeros((len(synthetic), len(parts)))
    for inside in _folds(synthetic, scans):
        for column, (by_network, part) in enumerate(parts):
            model = _fitted(by_network, part[inside], synthetic[inside])
            scores[~inside, column] = model.scores(part[~inside])
    weights = LogisticRegression(C=1.0).fit(_squashed(scores), synthetic)
    models = tuple(_fitted(by_network, part, synthetic) for by_network, part in parts)
    return Classifier(models, weights)


def _squashed(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores without extremes: a patch of which a discriminant is sure weighs no more for being far out."""
    return np.asarray(np.tanh(scores / 4) * 4)


def _fitted(by_network: bool, rows: Rows, synthetic: NDArray[np.bool_]) -> Discriminant:
    # Fewer components than a third of the patches, so that their covariance can be learned.
    return fit_discriminant(rows, synthetic, min(RULES.network_parts, len(rows) // 3) if by_network else None)


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
