from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.scans import draw_discs, grid_of_discs

from diffrendergan.detection.blobs import find_circles


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("radius", [8, 20, 45])
def test_separate_discs(radius, seed):
    pitch = 3 * radius
    shape = (6 * pitch // 2, 4 * pitch)
    discs = grid_of_discs(shape, pitch, radius, 2, seed)
    circles = find_circles(draw_discs(shape, discs, seed))
    large = circles.radius > radius / 2
    assert large.sum() == len(discs)
    assert 2 * np.median(circles.radius[large]) == pytest.approx(2 * radius, rel=0.1)
    assert np.median(circles.support[large]) > 0.85
    for x, y, _ in discs:
        assert np.hypot(circles.x - x, circles.y - y).min() < 0.15 * radius


def test_touching_discs_on_uneven_ground():
    """A threshold over the whole scan parts the ground here; outlines do not."""
    radius = 20
    discs = [(40 + 41 * column + 20 * (row % 2), 40 + 36 * row, radius) for row in range(6) for column in range(6)]
    scan = draw_discs((270, 320), discs, noise=0.02) * 0.5 + np.linspace(0, 0.45, 320)[None, :]
    circles = find_circles(scan.astype(np.float32))
    near = [np.hypot(circles.x - x, circles.y - y) < 4 for x, y, _ in discs]
    assert np.mean([item.any() for item in near]) > 0.85
    found = circles.radius[np.any(near, axis=0)]
    assert np.median(found) == pytest.approx(radius, rel=0.1)


def test_what_reaches_over_the_border_is_not_whole():
    circles = find_circles(draw_discs((200, 200), [(100, 100, 25), (5, 100, 25)]))
    middle = np.argmin(np.hypot(circles.x - 100, circles.y - 100))
    assert circles.whole[middle]
    left = np.hypot(circles.x - 5, circles.y - 100) < 6
    assert left.any() and not circles.whole[left].any()


def test_noise_holds_no_large_circles():
    circles = find_circles(draw_discs((200, 200), []))
    assert not (circles.radius > 15).any()
    assert len(find_circles(np.zeros((64, 64), np.float32))) == 0
