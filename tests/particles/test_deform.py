"""Deformations with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.particles import deform
from diffrendergan.particles.grid import sphere_grid

LINE = np.stack([np.linspace(-2, 2, 401), np.zeros(401), np.zeros(401)], axis=1)


def arc_length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


@pytest.mark.parametrize("angle", [0.0, 0.3, -1.0, np.pi])
def test_bent_line_is_an_arc_of_the_same_length(angle: float) -> None:
    bent = deform.bend(LINE, angle)
    assert arc_length(bent) == pytest.approx(4, rel=1e-4)
    tangents = np.diff(bent, axis=0)[[0, -1]]
    turned = np.arctan2(tangents[:, 1], tangents[:, 0])
    assert turned[1] - turned[0] == pytest.approx(angle, abs=0.01 * abs(angle) + 1e-9)


@settings(deadline=None, max_examples=20)
@given(arc=st.floats(-2, 2), sway=st.floats(-1, 1))
def test_flat_bending_keeps_length_and_height(arc: float, sway: float) -> None:
    raised = LINE + np.array([0, 0.5, 0])
    bent = deform.bend_flat(raised, arc, sway)
    np.testing.assert_array_equal(bent[:, 1], 0.5)
    assert arc_length(bent) == pytest.approx(4, rel=1e-3)
    tangents = np.diff(bent, axis=0)[[0, -1]]
    heading = np.arctan2(tangents[:, 2], tangents[:, 0])
    assert heading[1] - heading[0] == pytest.approx(arc, abs=0.03)


def test_flat_bending_keeps_the_cross_section() -> None:
    bent = deform.bend_flat(LINE, 1.0, 0.5)
    side = deform.bend_flat(LINE + np.array([0, 0, 0.1]), 1.0, 0.5)
    np.testing.assert_allclose(np.linalg.norm(side - bent, axis=1), 0.1)


def test_translation_is_smooth_and_as_large_as_asked() -> None:
    points = 3 * sphere_grid(5000)[0]
    moved = deform.translate_smoothly(points, 0.1, (2.5, 5.0), np.random.default_rng(0)) - points
    assert np.sqrt((moved**2).sum(axis=1).mean()) == pytest.approx(0.3)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-12)
    # No wave is shorter than 2.5 radii: vertices a tenth of a radius apart move alike.
    near = np.linalg.norm(points - points[0], axis=1) < 0.3
    assert near.sum() > 3
    assert np.linalg.norm(moved[near] - moved[0], axis=1).max() < 0.1


def test_zero_amplitude_and_zero_angle_change_nothing() -> None:
    points = sphere_grid(300)[0]
    np.testing.assert_array_equal(deform.translate_smoothly(points, 0.0, (2.5, 5.0), np.random.default_rng(0)), points)
    np.testing.assert_array_equal(deform.bend(points, 0.0), points)
    np.testing.assert_array_equal(deform.taper(points, 1.0), points)
    np.testing.assert_array_equal(deform.twist(points, 0.0), points)
    flat = deform.bend_flat(points, 0.0, 0.0)
    np.testing.assert_allclose(flat - flat.mean(axis=0), points - points.mean(axis=0), atol=1e-9)


def test_turns_keep_distances() -> None:
    points = sphere_grid(300)[0] * [1, 2, 3]
    for turned in (deform.turn_randomly(points, np.random.default_rng(0)), deform.turn_flat(points, 1.0)):
        np.testing.assert_allclose(turned @ turned.T, points @ points.T, atol=1e-9)
    np.testing.assert_allclose(deform.turn_flat(points, 1.0)[:, 1], points[:, 1], atol=1e-12)


def test_taper_narrows_one_end_and_keeps_lengths() -> None:
    points = np.array([[-1.0, 1, 2], [0, 1, 2], [1, 1, 2]])
    np.testing.assert_allclose(deform.taper(points, 0.5), [[-1, 1, 2], [0, 0.75, 1.5], [1, 0.5, 1]])


def test_twist_turns_both_ends_against_each_other() -> None:
    points = np.array([[-1.0, 1, 0], [0, 1, 0], [1, 1, 0]])
    expected = [[-1, np.sqrt(0.5), -np.sqrt(0.5)], [0, 1, 0], [1, np.sqrt(0.5), np.sqrt(0.5)]]
    np.testing.assert_allclose(deform.twist(points, np.pi / 2), expected, atol=1e-12)


def test_half_a_turn_bends_a_line_to_a_half_circle() -> None:
    bent = deform.bend(LINE, np.pi)
    centre = np.array([0, 4 / np.pi, 0])
    np.testing.assert_allclose(np.linalg.norm(bent - centre, axis=1), 4 / np.pi)
    np.testing.assert_allclose(bent[0], [-4 / np.pi, 4 / np.pi, 0], atol=1e-9)
