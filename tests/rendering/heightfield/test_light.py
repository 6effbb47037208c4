"""Light and emission of height fields: known slopes and yields."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffrendergan.rendering.heightfield.emission import rise, thin
from diffrendergan.rendering.heightfield.light import facing


def plane(slope, angle):
    rows, columns = np.mgrid[:40, :40].astype(np.float32)
    return (slope * (columns * np.cos(angle) + rows * np.sin(angle))).astype(np.float32)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
@pytest.mark.parametrize("slope", [0.2, 1.0])
def test_a_plane_faces_away_from_where_it_rises(slope, angle):
    inside = (slice(5, -5), slice(5, -5))
    steepness = math.atan(slope)
    np.testing.assert_allclose(facing(plane(slope, angle), angle)[inside], -math.sin(steepness), atol=1e-3)
    np.testing.assert_allclose(facing(plane(slope, angle), angle + math.pi)[inside], math.sin(steepness), atol=1e-3)
    np.testing.assert_allclose(facing(plane(slope, angle), angle + math.pi / 2)[inside], 0, atol=1e-3)


def test_rises_and_thin_parts_are_those_of_secondary_electrons():
    tilt = np.float32([0.0, 0.5, 0.99])
    np.testing.assert_allclose(rise(tilt, 1.5, 0.1), [1, 0.5**-1.5, 0.1**-1.5], rtol=1e-5)
    np.testing.assert_allclose(thin(np.float32([0, 2, 6]), 2.0), [1, math.exp(-1), math.exp(-3)], rtol=1e-5)
