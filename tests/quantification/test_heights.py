"""Heights of particles, and widths without the tip."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.quantification.heights import measure_heights
from diffrendergan.quantification.particles import measure_particles, particle_table
from diffrendergan.sizes.tip import tip_free


def scene():
    rows, columns = np.indices((80, 80))
    heights, labels = 5 + 0.01 * rows, np.zeros((80, 80), np.int32)
    for number, (row, column, radius) in {1: (20, 20, 8), 3: (50, 55, 12)}.items():
        ball = radius**2 - (rows - row) ** 2 - (columns - column) ** 2
        heights = np.where(ball > 0, 5 + 0.01 * rows + radius + np.sqrt(np.maximum(ball, 0)), heights)
        labels[ball > 0] = number
    return labels, heights


def test_heights_are_over_the_ground_around():
    found = measure_heights(*scene())
    np.testing.assert_allclose(found.height, [16, 24], atol=0.15)
    np.testing.assert_allclose(found.height_mean, [8 * 5 / 3, 12 * 5 / 3], rtol=0.02)
    np.testing.assert_allclose(found.ground, [5.2, 5.5], atol=0.1)


def test_where_no_ground_is_near_that_of_the_scan_counts():
    labels = np.ones((40, 40), np.int32)
    labels[:, 39] = 0
    labels[30:, 20:] = 0
    heights = np.where(labels, 9.0, 2.0)
    assert measure_heights(labels, heights).height == pytest.approx([7])
    assert measure_heights(np.ones((9, 9), np.int32), np.full((9, 9), 4.0)).height == pytest.approx([0])


def test_a_ball_that_a_tip_made_wide_has_its_own_diameter():
    radius, tip = 30.0, 10.0
    half = np.sqrt((radius + tip) ** 2 - tip**2)
    assert tip_free(np.array([2 * half]), tip)[0] == pytest.approx(2 * radius)
    assert tip_free(np.array([7.0]), 0.0)[0] == pytest.approx(7.0)


def test_the_table_says_what_is_known():
    labels, heights = scene()
    particles = measure_particles(labels, heights)
    plain = particle_table(particles, 2.0, "a")
    assert plain["height_nm"].null_count == plain["tip_free_diameter_nm"].null_count == 2
    known = particle_table(particles, 2.0, "a", None, measure_heights(labels, heights), 10.0)
    assert known.schema.equals(plain.schema) and known.schema.field("height_nm").metadata[b"unit"] == b"nm"
    diameters = known["diameter_nm"].to_numpy()
    np.testing.assert_allclose(known["tip_free_diameter_nm"].to_numpy(), tip_free(diameters, 10.0))
    in_px = particle_table(particles, None, "a", None, measure_heights(labels, heights), 10.0)
    assert in_px["height_nm"].null_count == 0 and in_px["tip_free_diameter_px"].null_count == 2
