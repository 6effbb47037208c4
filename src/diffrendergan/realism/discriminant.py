"""A linear discriminant with a shrunk covariance, for more numbers than patches.

scikit-learn has the same; its checks of each call cost more than the arithmetic of a small one, and a comparison trains
hundreds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_SPREAD = 1e-9
LEAST_VARIANCE = 1e-6
"""Variance within classes that is taken to be in every direction, where 1 is usual."""


@dataclass(frozen=True, eq=False)
class Discriminant:
    """A direction in the space of standardised numbers, and where it is cut."""

    weights: NDArray[np.float64]
    """Shape (D,), for numbers as they are."""
    offset: float

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log odds that rows (n, D) are of the second class, shape (n,)."""
        return np.asarray(rows @ self.weights + self.offset)


def fit_discriminant(rows: NDArray[np.float64], second: NDArray[np.bool_], parts: int | None = None) -> Discriminant:
    """Fit a discriminant between two classes that are as likely as each other.

    Parameters
    ----------
    rows : ndarray, shape (n, D)
    second : ndarray of bool, shape (n,)
        Which rows are of the second class; some are, some are not.
    parts : int, optional
        Only so many principal components are looked at.

    Source: O. Ledoit, M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004.
    """
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > LEAST_SPREAD, spread, np.inf)
    plain = (rows - middle) / spread
    basis = np.eye(plain.shape[1]) if parts is None else _components(plain, parts)
    seen = plain @ basis
    means = np.stack([seen[~second].mean(axis=0), seen[second].mean(axis=0)])
    within = seen - means[second.astype(int)]
    scale = np.sqrt(np.square(within).mean(axis=0))
    scale = np.where(scale > LEAST_SPREAD, scale, 1.0)
    covariance = shrunk_covariance(within / scale)
    # Few patches, or numbers that are the same in all of a class, leave directions in which nothing varies.
    covariance += LEAST_VARIANCE * np.eye(len(covariance))
    direction = np.linalg.solve(covariance, (means[1] - means[0]) / scale) / scale
    weights = (basis @ direction) / spread
    return Discriminant(weights, float(-means.mean(axis=0) @ direction - middle @ weights))


def shrunk_covariance(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of centred rows (n, D), drawn towards a multiple of the identity, shape (D, D).

    Source: as above, lemma 3.1 and section 3.3.
    """
    count, size = rows.shape
    sample = rows.T @ rows / count
    mean = np.trace(sample) / size
    # Squared distances: of the sample from the target, and of single rows from the sample.
    away = float(np.square(sample).sum()) - size * mean**2
    scatter = (float(np.square(np.square(rows).sum(axis=1)).sum()) / count - float(np.square(sample).sum())) / count
    share = min(scatter, away) / away if away > 0 else 0.0
    return np.asarray((1 - share) * sample + share * mean * np.eye(size))


def _components(rows: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Return the principal components of centred rows (n, D), shape (D, k); by way of the smaller Gram matrix."""
    count = max(1, min(parts, *rows.shape) - 1)
    if rows.shape[1] <= rows.shape[0]:
        return np.asarray(np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :count])
    values, vectors = np.linalg.eigh(rows @ rows.T)
    kept = vectors[:, ::-1][:, :count]
    return np.asarray(rows.T @ kept / np.sqrt(np.maximum(values[::-1][:count], LEAST_SPREAD)))
