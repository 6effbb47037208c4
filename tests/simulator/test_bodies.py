"""Particle shapes: volume, silhouettes, surfaces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.simulator.bodies import Body, make_body, view


def ellipsoid(radii: tuple[float, float, float]) -> Body:
    """With three pairs of planes and q = 2 the body is an ellipsoid."""
    axes = np.diag(1 / np.array(radii))
    planes = np.concatenate([axes, -axes]).astype(np.float32)
    return Body(planes, 2, float(np.prod(radii)) ** (1 / 3), max(radii))


def test_an_ellipsoid_from_above() -> None:
    seen = view(ellipsoid((20, 15, 10)))
    half = seen.inside.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    square = 1 - (x / 20) ** 2 - (y / 15) ** 2
    well_inside = square > 0.05
    assert seen.inside[well_inside].all() and not seen.inside[square < -0.05].any()
    expected = 10 * np.sqrt(square[well_inside])
    np.testing.assert_allclose(seen.top[well_inside], expected, atol=0.02)
    np.testing.assert_allclose(seen.bottom[well_inside], -expected, atol=0.02)
    slope = -(10**2) * x[well_inside] / 20**2 / expected
    np.testing.assert_allclose(seen.slope_x[well_inside], slope, atol=0.02)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), radius=st.floats(12, 30))
def test_volume_is_as_ordered(seed: int, radius: float) -> None:
    seen = view(make_body(np.random.default_rng(seed), radius, 1.35, (4, 12)))
    volume = (seen.top - seen.bottom)[seen.inside].sum()
    assert volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32))
def test_slopes_are_those_of_the_surface(seed: int) -> None:
    seen = view(make_body(np.random.default_rng(seed), 25, 1.35, (4, 12)))
    numeric = np.gradient(seen.top, axis=1)
    interior = seen.inside & (np.abs(seen.slope_x) < 1)
    for shift in (-1, 1):
        interior &= np.roll(seen.inside, shift, axis=1)
    # Edges are rounded over a few samples, where the difference quotient lags.
    assert np.median(np.abs(numeric - seen.slope_x)[interior]) < 0.02


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), shift=st.floats(-0.5, 0.5))
def test_a_silhouette_is_convex_whole_and_within_its_grid(seed: int, shift: float) -> None:
    seen = view(make_body(np.random.default_rng(seed), 20, 1.35, (4, 12)), shift, -shift)
    assert not seen.inside[[0, -1]].any() and not seen.inside[:, [0, -1]].any()
    assert (seen.top >= seen.bottom)[seen.inside].all()
    for lines in (seen.inside, seen.inside.T):
        starts = np.diff(lines.astype(int), axis=1) == 1
        assert (starts.sum(1) <= 1).all()


def test_shift_moves_the_body() -> None:
    body = make_body(np.random.default_rng(1), 20, 1.2, (4, 4))

    def centre(shift: float) -> float:
        inside = view(body, shift, 0).inside
        return float(np.nonzero(inside)[1].mean())

    assert centre(0.4) - centre(-0.4) == pytest.approx(0.8, abs=0.1)
