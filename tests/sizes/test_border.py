from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.sizes.border import field_weights, miles_lantuejoul_weights, touches_border, whole_weights
from diffrendergan.sizes.sizes import analyse_sizes


def test_border_and_an_empty_frame_of_one_pixel() -> None:
    boxes = np.array([[2, 2, 3, 3], [0, 2, 3, 3], [1, 2, 3, 3], [2, 1, 3, 3], [5, 2, 3, 3], [6, 2, 3, 3], [2, 3, 3, 4]])
    assert touches_border(boxes, (8, 10)).tolist() == [False, True, True, True, False, True, True]
    assert (miles_lantuejoul_weights(boxes, (8, 10)) > 0).tolist() == [True, False, False, False, True, False, False]


def test_weights_remove_the_bias_of_leaving_out_what_the_border_cuts() -> None:
    """Squares of two sizes fall at random onto and around many scans; large ones are cut more often."""
    rng = np.random.default_rng(0)
    height, width, margin = 300, 400, 130
    diameters, weights = [], []
    expected = 0
    for _ in range(60):
        sides = rng.choice([20, 120], 40)
        left = rng.integers(-margin, width + margin, 40)
        top = rng.integers(-margin, height + margin, 40)
        expected += 40 * width * height / (width + 2 * margin) / (height + 2 * margin)
        first = np.maximum(left, 0), np.maximum(top, 0)
        last = np.minimum(left + sides, width), np.minimum(top + sides, height)
        seen = (last[0] > first[0]) & (last[1] > first[1])
        boxes = np.column_stack([*first, last[0] - first[0], last[1] - first[1]])[seen]
        diameters.append(sides[seen])
        weights.append(miles_lantuejoul_weights(boxes, (height, width)))
    weight = np.concatenate(weights)
    sizes = analyse_sizes(np.concatenate(diameters).astype(float), weight, "px", 0, 0)
    assert sizes.uncorrected_number.mean < 58
    assert sizes.number.mean == pytest.approx(70, abs=3)
    assert weight.sum() == pytest.approx(expected, rel=0.06)


def test_weights_by_extents_are_those_of_the_field() -> None:
    sides = np.array([4.0, 20.0, 50.0])
    framed = np.zeros((260, 330), bool)
    framed[30:230, 100:300] = True
    expected = whole_weights(sides, sides, (200, 200))
    assert whole_weights(sides, sides, framed.shape, framed) == pytest.approx(expected)
    assert (expected > whole_weights(sides, sides, framed.shape)).all()


def test_weights_in_a_field_with_a_missing_tile_are_shares_of_area() -> None:
    """Discs in an L: its area less a rim, with the corner that points inwards rounded, is known."""
    field = np.ones((400, 400), bool)
    field[200:, 200:] = False

    def area(rim: np.ndarray | float) -> np.ndarray | float:
        return (400 - 2 * rim) ** 2 - 200**2 + (1 - np.pi / 4) * rim**2

    diameters = np.array([10.0, 40.0, 80.0])
    expected = area(1) / area(1 + diameters / 2)
    assert whole_weights(diameters, diameters, field.shape, field) == pytest.approx(expected, rel=0.02)
    boxes = np.stack([[20, 20, 100], [20, 20, 100], diameters, diameters], axis=1).astype(int)
    cut = np.array([False, True, False])
    found = field_weights(boxes, cut, field)
    assert found[1] == 0 and found[[0, 2]] == pytest.approx(expected[[0, 2]], rel=0.02)
