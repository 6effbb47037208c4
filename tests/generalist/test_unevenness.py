"""Uneven light and streaks of charge."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist import unevenness
from diffrendergan.generalist.unevenness import streaked, unevenly_lit

EVEN = np.full((64, 96), 0.5, np.float32)


def test_light_falls_off_to_one_side(monkeypatch):
    monkeypatch.setattr(unevenness, "TILTED", 1.0)
    monkeypatch.setattr(unevenness, "CLOUDED", 0.0)
    lit = unevenly_lit(EVEN, np.random.default_rng(0))
    assert lit.dtype == np.float32
    assert lit.mean() == pytest.approx(0.5, rel=0.01)
    rows, columns = np.gradient(lit)
    assert np.ptp(rows) < 1e-5 and np.ptp(columns) < 1e-5  # a plane
    assert 0.05 < np.ptp(lit) / 0.5 < 2.5


def test_clouds_are_wide(monkeypatch):
    monkeypatch.setattr(unevenness, "TILTED", 0.0)
    monkeypatch.setattr(unevenness, "CLOUDED", 1.0)
    lit = unevenly_lit(EVEN, np.random.default_rng(1))
    assert 0.005 < lit.std() < 0.1
    assert np.abs(np.diff(lit, axis=1)).mean() < 0.2 * lit.std()


def test_streaks_begin_somewhere_and_fade_along_the_line(monkeypatch):
    monkeypatch.setattr(unevenness, "STREAKED", 1.0)
    image = np.random.default_rng(2).normal(0.5, 0.05, EVEN.shape).astype(np.float32)
    before = image.copy()
    change = streaked(image, np.random.default_rng(2)) - before
    assert np.array_equal(image, before)
    lines = np.abs(change).max(axis=1) > 1e-4
    assert 3 <= lines.sum() < len(lines)
    for line in np.abs(change[lines]):
        first = int(np.argmax(line))
        assert (np.diff(line[first:]) <= 1e-3).all()


def test_most_images_have_neither():
    rng = np.random.default_rng(4)
    even = sum(np.array_equal(unevenly_lit(EVEN, rng), EVEN) for _ in range(200))
    plain = sum(streaked(EVEN, rng) is EVEN for _ in range(200))
    assert 90 <= even <= 150 and plain >= 170
