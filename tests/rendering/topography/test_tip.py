"""Tips: their shape, and balls that they feel, against the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffrendergan.rendering.topography.tip import Tip, certain, felt, restored

SIZE = 81


def distances():
    places = np.arange(SIZE) - SIZE // 2
    return np.hypot(places[:, None], places[None])


def ball(radius):
    """A ball on a plane, as the height of its upper half; beside it the plane."""
    away = distances()
    return np.where(away < radius, radius + np.sqrt(np.maximum(radius**2 - away**2, 0)), 0).astype(np.float32)


@pytest.mark.parametrize(("radius", "tip"), [(15.0, 10.0), (20.0, 4.0), (8.0, 20.0)])
def test_a_ball_under_a_ball_is_felt_as_the_formula_says(radius, tip):
    found = felt(ball(radius), Tip(tip, 0.0))
    away = distances()
    exact = np.sqrt(np.maximum((radius + tip) ** 2 - away**2, 0)) - tip + radius
    exact = np.where(away < radius + tip, np.maximum(exact, 0), 0)
    # Surfaces are known at the centres of pixels, half a diagonal off.
    near = away < 0.8 * radius
    most = (1 / radius + 1 / tip) / 4 * (1 - (away[near] / (radius + tip)) ** 2) ** -1.5
    assert ((exact - found)[near] < most + 1e-4).all() and (found - exact)[near].max() < 1e-4
    half = np.sqrt((radius + tip) ** 2 - tip**2)
    assert (found[SIZE // 2] >= radius).sum() / 2 == pytest.approx(half, abs=0.8)


def test_a_cone_touches_its_ball_and_rises_as_steeply_as_it_is():
    tip = Tip(5.0, 20.0)
    away = np.linspace(0, 20, 401)
    rise = tip.rise(away)
    assert rise[0] == 0 and (np.diff(rise) >= 0).all() and (np.diff(rise, 2) > -1e-9).all()
    assert np.diff(rise)[-1] / np.diff(away)[-1] == pytest.approx(1 / np.tan(np.radians(20)))
    assert rise[60] == pytest.approx(5 - np.sqrt(5**2 - 3**2))


@given(st.floats(0, 30), st.floats(0.5, 60), st.floats(1, 75))
def test_the_reach_is_where_the_tip_stands_so_high(radius, height, angle):
    tip = Tip(radius, angle)
    reach = tip.reach(height)
    if reach > 1e-3:
        assert float(tip.rise(np.array([reach]))[0]) == pytest.approx(height, rel=1e-3, abs=1e-3)


def test_what_a_tip_felt_is_taken_off_where_it_touched():
    surface, tip = ball(15.0), Tip(6.0, 15.0)
    image = felt(surface, tip)
    back = restored(image, tip)
    assert (back >= surface - 1e-4).all(), "a surface that was felt is never higher than what is restored"
    assert (back <= image + 1e-4).all()
    top = distances() < 10
    np.testing.assert_allclose(back[top], surface[top], atol=1e-3)
    # Under the overhang of the ball no tip comes.
    under = (distances() > 15.5) & (distances() < 17)
    assert (back > surface + 1)[under].any()
    known = certain(image, back, tip)
    assert known[distances() < 8].mean() > 0.9 and not known[under].any()
    # Near the border the tip may have been lifted by what is not seen.
    inner = np.zeros_like(known)
    inner[12:-12, 12:-12] = True
    np.testing.assert_allclose(back[known & inner], surface[known & inner], atol=2e-3)
    assert (known & inner & (surface == 0)).any()


def test_a_point_feels_what_is_there():
    surface = ball(12.0)
    np.testing.assert_array_equal(felt(surface, Tip(0.0, 1e-6)), surface)
