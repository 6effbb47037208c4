"""What the camera would see of known arrangements."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.arrangement.statistics import covered_fraction, project_discs, visible_count


def phi(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_one_disc_covers_its_area() -> None:
    assert covered_fraction(phi((0, 0, 0, 1)), 2.0) == pytest.approx(np.pi / 16, rel=0.01)


def test_hidden_and_outside_discs_add_nothing() -> None:
    one = covered_fraction(phi((0.3, 0, 0, 1)), 2.0)
    assert covered_fraction(phi((0.3, 0, 0, 1), (0.3, 0, -2, 0.9), (9, 0, 0, 1)), 2.0) == one


def test_half_a_disc_at_the_border() -> None:
    assert covered_fraction(phi((2, 0, 0, 1)), 2.0) == pytest.approx(np.pi / 32, rel=0.02)


def test_perspective_enlarges_what_is_near_and_drops_what_is_behind() -> None:
    discs = project_discs(phi((1, 2, 3, 0.5), (0, 0, 7, 1), (1, 0, -6, 1)), 6.0)
    np.testing.assert_allclose(discs, [[2, 4, 1], [0.5, 0, 0.5]])


def test_visible_centres() -> None:
    arrangement = phi((0, 0, 0, 1), (1.9, 1.9, 0, 1), (2.1, 0, 0, 1), (0, -2.1, -6, 1))
    assert visible_count(arrangement, 2.0) == 2
    assert visible_count(arrangement, 2.0, camera_height=6.0) == 3
