"""Corners of outlines of known shape."""

import numpy as np
import pytest

from diffrendergan.detection.corners import corner_harmonics
from diffrendergan.detection.particle_table import tabulate
from diffrendergan.inspection.shape_evidence import judge_shape

ROWS, COLUMNS = np.mgrid[:64, :64] - 31.5


def polygon(corners, radius, turn, rows=ROWS, columns=COLUMNS):
    """Return the inside of a regular polygon of an inner radius."""
    sides = turn + 2 * np.pi * np.arange(corners) / corners
    return np.all([rows * np.sin(side) + columns * np.cos(side) <= radius for side in sides], axis=0)


def harmonics(part):
    rows, columns = np.nonzero(part)
    (four,), (six,) = corner_harmonics(7 * part.astype(np.int32), np.array([columns.mean()]), np.array([rows.mean()]))
    return four, six


@pytest.mark.parametrize("turn", [0.0, 0.3, 0.7])
def test_squares_and_hexagons_are_told_from_discs(turn):
    four, six = harmonics(polygon(4, 16, turn))
    assert four == pytest.approx(0.133, abs=0.015) and six < 0.02
    four, six = harmonics(polygon(6, 18, turn))
    assert six == pytest.approx(0.056, abs=0.012) and four < 0.015
    four, six = harmonics(np.hypot(ROWS, COLUMNS) <= 18)
    assert four < 0.012 and six < 0.012
    long = np.hypot(ROWS * np.cos(turn) - COLUMNS * np.sin(turn), (ROWS * np.sin(turn) + COLUMNS * np.cos(turn)) / 1.5)
    assert harmonics(long <= 14)[0] < 0.045


def test_specks_have_no_corners():
    assert np.isnan(harmonics(np.hypot(ROWS, COLUMNS) <= 2)).all()


def test_an_image_without_particles_has_none():
    assert [len(part) for part in corner_harmonics(np.zeros((8, 8), np.int32), np.zeros(0), np.zeros(0))] == [0, 0]


@pytest.mark.parametrize(("corners", "expected"), [(4, "cuboid"), (6, "platelet"), (40, "sphere")])
def test_the_family_follows_the_corners(corners, expected):
    rng = np.random.default_rng(1)
    labels = np.zeros((256, 256), np.int32)
    for number in range(16):
        row, column = 64 * (number // 4), 64 * (number % 4)
        part = polygon(corners, rng.uniform(12, 18), rng.uniform(0, 2))
        labels[row : row + 64, column : column + 64][part] = number + 1
    table = tabulate(labels, (labels > 0).astype(np.float32), outlined=True)
    shape, confidence, _, lying = judge_shape(table, table, table, [], "pieces")
    assert shape["family"] == expected and confidence > 0.5 and lying == (corners < 40)
    assert shape.get("corners", 6) == 6
