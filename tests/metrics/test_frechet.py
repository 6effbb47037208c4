import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.errors import DataError
from diffrendergan.metrics.frechet import frechet_distance


def textbook(a, b):
    """The usual formula with a matrix root."""
    root = scipy.linalg.sqrtm(np.cov(a.T) @ np.cov(b.T))
    difference = a.mean(0) - b.mean(0)
    return difference @ difference + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * np.real(root))


def test_one_dimension_by_hand():
    # Means 1 and 4, sample variances 1 and 9: (1 − 4)² + (1 − 3)² = 13.
    a = np.array([[0.0], [1.0], [2.0]])
    b = np.array([[1.0], [4.0], [7.0]])
    assert frechet_distance(a, b) == pytest.approx(13.0, abs=1e-12)


def test_exact_gaussian_moments_give_the_analytic_distance():
    # Columns of an orthogonal design have exactly the covariance wanted, so there is no sampling error.
    rng = np.random.default_rng(0)
    design = rng.normal(size=(500, 5))
    design -= design.mean(0)
    design = np.linalg.qr(design)[0] * np.sqrt(499)
    sigma_a, sigma_b = np.array([1, 2, 3, 4, 5.0]), np.array([5, 1, 0.5, 4, 0.1])
    shift = np.array([1.0, 0, -2, 0, 0.5])
    expected = shift @ shift + np.square(sigma_a - sigma_b).sum()
    assert frechet_distance(design * sigma_a, design * sigma_b + shift) == pytest.approx(expected, rel=1e-10)


@pytest.mark.filterwarnings("ignore:Matrix is singular")
@settings(deadline=None, max_examples=15)
@given(n=st.integers(2, 60), m=st.integers(2, 60), seed=st.integers(0, 1000))
def test_agrees_with_the_matrix_root(n, m, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, 8))
    b = rng.normal(size=(m, 8)) @ rng.normal(size=(8, 8)) + 1
    # sqrtm of a singular product is itself only good to about 1e-5.
    assert frechet_distance(a, b) == pytest.approx(textbook(a, b), rel=1e-5, abs=1e-4)


@settings(deadline=None, max_examples=15)
@given(n=st.integers(2, 30), seed=st.integers(0, 1000))
def test_is_symmetric_zero_on_itself_and_unmoved_by_rotation(n, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, 12)), rng.normal(size=(n + 1, 12)) * 2
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    distance = frechet_distance(a, b)
    assert frechet_distance(a, a[::-1]) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(b, a) == pytest.approx(distance, rel=1e-9)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(distance, rel=1e-9)


def test_fewer_samples_than_features_is_fast_and_real(monkeypatch):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(124, 1280)), rng.normal(size=(124, 1280)) + 0.1
    decomposed, svd = [], np.linalg.svd
    monkeypatch.setattr(
        np.linalg, "svd", lambda matrix, **kwargs: decomposed.append(matrix.shape) or svd(matrix, **kwargs)
    )
    distance = frechet_distance(a, b)
    assert decomposed == [(124, 124)]  # and no matrix of 1280 × 1280
    # Another route to the trace: the eigenvalues of the product of the covariances, without its zeros.
    shift = a.mean(0) - b.mean(0)
    a, b = a - a.mean(0), b - b.mean(0)
    eigenvalues = np.linalg.eigvals(a @ b.T @ b @ a.T).real.clip(0) / 123**2
    traces = (np.square(a).sum() + np.square(b).sum()) / 123
    assert distance == pytest.approx(shift @ shift + traces - 2 * np.sqrt(eigenvalues).sum(), rel=1e-6)


def test_refuses_what_has_no_distance():
    good = np.ones((3, 4))
    with pytest.raises(DataError, match="two images"):
        frechet_distance(good, good[:1])
    with pytest.raises(DataError, match="NaN"):
        frechet_distance(good, np.full((3, 4), np.nan))
    with pytest.raises(ValueError, match="length"):
        frechet_distance(good, np.ones((3, 5)))
