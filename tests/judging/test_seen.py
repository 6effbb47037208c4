from __future__ import annotations

import numpy as np
import pytest
from tests.judging.conftest import scan_of, squares

from diffrendergan.judging.seen import NOTHING, Picture, see


def test_squares_are_counted_and_measured() -> None:
    small, large = squares(96, 8, 24), squares(96, 16, 48)
    seen = see([Picture(scan_of(labels).pixels, labels) for labels in (small, large)])
    assert (seen.pictures, seen.without, seen.number, seen.area_px) == (2, 0, 20, 2 * 96 * 96)
    assert seen.coverage == pytest.approx((16 * 64 + 4 * 256) / (2 * 96 * 96))
    assert seen.d10 == pytest.approx(8 * (4 / np.pi) ** 0.5) and seen.d90 > 1.5 * seen.d10
    assert seen.per(96 * 96) == 10
    assert seen.contrast is not None and seen.contrast > 1 and seen.unsure is None


def test_dark_particles_have_a_contrast_below_zero() -> None:
    labels = squares(96, 8, 24)
    assert see([Picture(1 - scan_of(labels).pixels, labels)]).contrast < -1  # type: ignore[operator]


def test_only_the_field_counts() -> None:
    labels, field = squares(96, 8, 24), np.ones((96, 96), bool)
    field[:, 48:] = False
    unsure = np.zeros_like(field)
    unsure[:4, :48] = True
    seen = see([Picture(scan_of(labels).pixels, np.where(field, labels, 0), field, unsure)])
    assert (seen.number, seen.area_px) == (8, 96 * 48)
    assert seen.coverage == pytest.approx(8 * 64 / (96 * 48)) and seen.unsure == pytest.approx(4 / 96)


def test_nothing_has_no_size() -> None:
    empty = np.zeros((32, 32), np.int32)
    seen = see([Picture(scan_of(empty).pixels, empty)])
    assert (seen.number, seen.without, seen.coverage) == (0, 1, 0.0)
    assert seen.d10 is seen.d50 is seen.d90 is seen.contrast is None
    assert see([]) == NOTHING and NOTHING.per(100) == 0
