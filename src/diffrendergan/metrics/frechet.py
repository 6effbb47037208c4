"""The Fréchet distance between two sets of features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError


def frechet_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the Fréchet distance of the Gaussians fitted to two feature sets.

    With sample means μ and covariances Σ (divisor N−1) it is

        |μ_a − μ_b|² + tr Σ_a + tr Σ_b − 2 tr (Σ_a Σ_b)^½ .

    The last trace needs no matrix root: with centred features A, B (rows are samples, divided by
    √(N−1)), Σ_a Σ_b = AᵀA BᵀB has the squared singular values of A Bᵀ as its eigenvalues, so the trace
    is the nuclear norm of A Bᵀ. That matrix is N_a × N_b, real, and well conditioned also where N is
    far below D and both covariances are singular. Cost: O(N² D) for N ≤ D, O(N D²) beyond.

    Parameters
    ----------
    a, b : ndarray
        Features, shapes (N_a, D) and (N_b, D).

    Returns
    -------
    float
        The distance, in squared feature units; ≥ 0. It has a bias that falls with N: compare only
        values of equal N.

    Raises
    ------
    DataError
        If a set has fewer than two samples or a feature is NaN or infinite.
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Source: Heusel et al. 2017 (FID); used for the choice of the epoch in Possart et al. 2025.
    """
    a = _checked(a)
    b = _checked(b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"features of different length cannot be compared: {a.shape[1]} and {b.shape[1]}")
    difference = a.mean(axis=0) - b.mean(axis=0)
    root_a = _covariance_root(a)
    root_b = _covariance_root(b)
    overlap = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    distance = difference @ difference + np.square(root_a).sum() + np.square(root_b).sum() - 2 * overlap
    # Rounding can leave −1e-12 for equal sets.
    return float(max(distance, 0.0))


def _checked(features: NDArray[np.floating]) -> NDArray[np.float64]:
    checked: NDArray[np.float64] = np.asarray(features, dtype=np.float64)
    if checked.ndim != 2:
        raise ValueError(f"features must have shape (N, D), got {checked.shape}")
    if len(checked) < 2:
        raise DataError(
            f"the Fréchet distance needs at least two images on each side, got {len(checked)}; "
            "give more patches (data.patches)."
        )
    if not np.isfinite(checked).all():
        raise DataError("an image has NaN or infinite features, so there is no Fréchet distance; check the images.")
    return checked


def _covariance_root(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return R with RᵀR the sample covariance and at most D rows."""
    count, dimension = features.shape
    root = (features - features.mean(axis=0)) / np.sqrt(count - 1)
    if count > dimension:
        root = np.linalg.qr(root, mode="r")
    return root
