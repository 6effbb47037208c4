"""The laws of emission and collection on surfaces whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.simulator.emission import edge_gain, emit, sky_view, tilt_yield
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.surface import Surface

GROUND = np.ones(1, np.float32)


def plane(tilt_deg: float, side: int = 96) -> Surface:
    """A ground that rises along the columns."""
    x = np.arange(side, dtype=np.float32) * np.float32(np.tan(np.deg2rad(tilt_deg)))
    return Surface.of_ground(np.broadcast_to(x, (side, side)))


def centre(field: np.ndarray) -> float:
    """The middle of a field, far from its borders."""
    return float(field[field.shape[0] // 2, field.shape[1] // 2])


def symmetric(**changes: float) -> MicroscopeSettings:
    """Settings of a detector without a side of its own."""
    return replace(MicroscopeSettings(), side_asymmetry=0.0, **changes)


@pytest.mark.parametrize(("exponent", "expected"), [(1.0, 2.0), (0.8, 2**0.8), (1.3, 2**1.3)])
def test_a_plane_tilted_by_60_degrees(exponent: float, expected: float) -> None:
    conditions = symmetric(tilt_exponent=exponent, tilt_limit=5.0)
    ratio = centre(emit(plane(60), GROUND, conditions)) / centre(emit(plane(0), GROUND, conditions))
    assert ratio == pytest.approx(expected, rel=1e-3)


def test_grazing_incidence_levels_off() -> None:
    slope = np.array([[0.0, np.sqrt(3), 10.0, 1000.0]], np.float32)
    np.testing.assert_allclose(tilt_yield(slope, 0 * slope, 1.0, 3.0), [[1, 2, 3, 3]], rtol=1e-6)


@settings(deadline=None, max_examples=25)
@given(tilt=st.floats(0, 80), azimuth=st.floats(0, 6.28))
def test_yield_depends_on_the_tilt_alone(tilt: float, azimuth: float) -> None:
    slope = np.tan(np.deg2rad(tilt))
    x, y = (np.array([[slope * part]], np.float32) for part in (np.cos(azimuth), np.sin(azimuth)))
    assert tilt_yield(x, y, 1.0, 100.0)[0, 0] == pytest.approx(1 / np.cos(np.deg2rad(tilt)), rel=1e-4)


@pytest.mark.parametrize("tilt", [0, 30, 60])
def test_nothing_shadows_a_plane(tilt: float) -> None:
    np.testing.assert_allclose(sky_view(plane(tilt), reach=40), 1, atol=1e-4)


@pytest.mark.parametrize(("radius", "depth"), [(20, 10), (20, 20), (15, 40)])
def test_floor_of_a_pit(radius: int, depth: int) -> None:
    y, x = np.mgrid[-40:41, -40:41]
    distance = np.hypot(x, y)
    height = np.where(distance < radius, -depth, 0).astype(np.float32)
    flat = np.zeros_like(height)
    surface = Surface(height, flat, flat, flat, flat.astype(np.int32))
    sky = sky_view(surface, reach=39, azimuths=16)
    # The wall is met at the next distance that is searched, at most 50 % beyond it.
    nearest, furthest = (1 / (1 + (depth / (factor * radius)) ** 2) for factor in (1.0, 1.5))
    assert nearest - 0.03 <= sky[40, 40] <= furthest
    assert sky[40, 40 + radius - 2] < sky[40, 40]
    assert sky[40, 75] == pytest.approx(1)


def test_a_deeper_pit_is_darker() -> None:
    levels = []
    for depth in (0, 5, 15, 40):
        height = np.zeros((64, 64), np.float32)
        height[24:40, 24:40] = -depth
        flat = np.zeros_like(height)
        levels.append(centre(emit(Surface(height, flat, flat, flat, flat.astype(np.int32)), GROUND, symmetric())))
    assert levels == sorted(levels, reverse=True) and levels[-1] < 0.5 * levels[0]


def test_edges_gain_creases_lose_planes_stay() -> None:
    step = np.zeros((60, 60), np.float32)
    step[:, 30:] = 20
    gain = edge_gain(step, diffusion=4, gain=0.6)
    assert gain[30, 30] > 1.2 and gain[30, 29] < 0.9
    assert gain[30, 5] == pytest.approx(1, abs=1e-4) == gain[30, 55]
    assert gain.max() <= 1.6 and gain.min() >= 0.7
    assert centre(edge_gain(plane(60).height, 4, 0.6)) == pytest.approx(1, abs=1e-3)


def test_detector_prefers_its_side() -> None:
    conditions = replace(MicroscopeSettings(), detector_azimuth_deg=180.0, side_asymmetry=0.2)
    rising, falling = plane(40), plane(-40)
    # A plane that rises along the columns faces back to where they begin.
    assert centre(emit(rising, GROUND, conditions)) > 1.1 * centre(emit(falling, GROUND, conditions))


def test_particles_are_brighter_than_the_ground_and_thick_ones_more() -> None:
    surface = plane(0)
    surface.labels[:, 48:] = 1
    surface.thickness[:, 48:] = 20
    gains = np.ones(2, np.float32)
    conditions = symmetric()
    signal = emit(surface, gains, conditions)
    assert signal[48, 10] == pytest.approx(conditions.ground_yield, rel=1e-4)
    assert signal[48, 85] > conditions.particle_yield
    surface.thickness[:, 48:] = 60
    assert emit(surface, gains, conditions)[48, 85] > signal[48, 85]


def test_nothing_leaves_a_wall_towards_a_higher_one() -> None:
    flat = np.zeros((9, 9), np.float32)
    height, slope = flat.copy(), flat - 5
    height[:, 5:] = 10  # above a face that looks sideways to it
    sky = sky_view(Surface(height, slope, flat, flat, flat.astype(np.int32)), reach=3, azimuths=1)
    assert sky[4, 4] == 0
