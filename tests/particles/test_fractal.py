"""Clusters of touching spheres follow the fractal law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from diffrendergan.errors import PlacementError
from diffrendergan.particles.fractal import fractal_cluster, gyration_radius


def touches(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Gap between each two spheres; infinite between a sphere and itself."""
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2) - radii[:, None] - radii
    np.fill_diagonal(gaps, np.inf)
    return gaps


@settings(deadline=None, max_examples=25)
@given(
    count=st.integers(1, 40),
    dimension=st.floats(1.4, 2.5),
    spread=st.floats(0, 0.5),
    seed=st.integers(0, 2**32),
)
def test_spheres_touch_hang_together_and_do_not_overlap(count: int, dimension: float, spread: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    radii = np.exp(rng.normal(0, spread, count))
    centres = fractal_cluster(radii, dimension, rng)
    assert centres.shape == (count, 3)
    np.testing.assert_allclose(centres.mean(axis=0), 0, atol=1e-9)
    if count > 1:
        gaps = touches(centres, radii)
        assert gaps.min() > -1e-9
        assert np.abs(gaps.min(axis=1)).max() < 1e-9
        assert connected_components(gaps < 1e-9)[0] == 1


@pytest.mark.parametrize(("dimension", "planar"), [(1.3, False), (1.8, False), (2.5, False), (1.3, True), (1.7, True)])
def test_radius_of_gyration_follows_the_law(dimension: float, planar: bool) -> None:
    sizes = np.array([10, 30, 90])
    means = []
    for size in sizes:
        radii = np.ones(size)
        clusters = [fractal_cluster(radii, dimension, np.random.default_rng(i), planar) for i in range(6)]
        means.append(np.mean([gyration_radius(cluster, radii) for cluster in clusters]))
    np.testing.assert_allclose(means, (sizes / 1.3) ** (1 / dimension), rtol=0.05)
    slope = np.polyfit(np.log(means), np.log(sizes), 1)[0]
    assert slope == pytest.approx(dimension, abs=0.1)


def test_planar_clusters_stay_in_the_plane() -> None:
    radii = np.linspace(0.5, 1.5, 20)
    centres = fractal_cluster(radii, 1.6, np.random.default_rng(0), planar=True)
    assert (centres[:, 2] == 0).all()
    assert touches(centres, radii).min() > -1e-9


def test_same_numbers_same_cluster() -> None:
    radii = np.ones(12)
    one, other, third = (fractal_cluster(radii, 1.8, np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


def test_impossible_clusters_are_refused() -> None:
    with pytest.raises(PlacementError, match=r"fractal dimension 2\.9; lower it"):
        fractal_cluster(np.ones(60), 2.9, np.random.default_rng(0), planar=True)
    with pytest.raises(PlacementError, match=r"fractal dimension 0\.5; raise it"):
        fractal_cluster(np.ones(60), 0.5, np.random.default_rng(0))
    for radii in ([], [1.0, 0.0], [1.0, np.nan]):
        with pytest.raises(PlacementError, match="above zero"):
            fractal_cluster(np.array(radii), 1.8, np.random.default_rng(0))
