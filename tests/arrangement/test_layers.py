"""Spheres that settle."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.arrangement.layers import settle
from diffrendergan.arrangement.placement import Deadline


def place(radii: np.ndarray, half_width: float, floor: float, seed: int) -> np.ndarray:
    return settle(radii, half_width, floor, Deadline.within(30), np.random.default_rng(seed)).points


@settings(deadline=None, max_examples=25)
@given(
    radii=st.lists(st.floats(0.2, 2), min_size=1, max_size=40).map(np.array),
    half_width=st.floats(0.5, 8),
    floor=st.floats(-12, 2),
    seed=st.integers(0, 2**32),
)
def test_settled_spheres_rest_on_something_and_never_overlap(
    radii: np.ndarray, half_width: float, floor: float, seed: int
) -> None:
    points = place(radii, half_width, floor, seed)
    np.testing.assert_array_equal(points, place(radii, half_width, floor, seed))
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2) - radii[:, None] - radii[None]
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() >= -1e-6
    assert np.abs(points[:, :2]).max() <= half_width
    heights = points[:, 2] - radii - floor
    assert heights.min() >= -1e-9
    assert ((gaps.min(axis=1) < 1e-6) | (heights < 1e-6)).all()


def test_few_spheres_lie_on_the_floor_and_many_pile_up() -> None:
    few = place(np.ones(6), 20.0, -1.0, 0)
    assert (few[:, 2] == 0).sum() >= 5
    many = place(np.ones(120), 4.0, -1.0, 0)
    assert many[:, 2].max() > 4


def test_a_pile_is_as_dense_as_random_packings() -> None:
    """Spheres that roll down one after the other fill about 0.58 of the space; walls and surface cost some of it."""
    points = place(np.ones(600), 6.0, 0.0, 1)
    inner = (points[:, 2] > 3) & (points[:, 2] < 9) & (np.abs(points[:, :2]) < 4).all(axis=1)
    density = inner.sum() * 4 / 3 * np.pi / (8 * 8 * 6)
    assert 0.5 < density < 0.64
