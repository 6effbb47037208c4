"""How bodies are put: apart, beside each other, in heaps."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.rendering.heightfield.bed import Habit, drop
from diffrendergan.rendering.heightfield.scene import Placement, draw

SHAPE = (160, 160)


def bodies(count, scale, body=0):
    zeros = np.zeros(count, np.float32)
    return Placement(
        np.full(count, body), zeros, zeros, zeros, np.full(count, scale, np.float32), zeros, np.zeros(count, bool)
    )


def dropped(atlas, count, scale, habit, seed=0):
    return drop(atlas, bodies(count, scale), SHAPE, habit, np.random.default_rng(seed))


def distances(placed):
    points = np.stack([placed.column, placed.row], axis=1)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return apart.min(1)


def test_bodies_that_do_not_pile_up_lie_apart_on_the_ground(atlas):
    placed, chosen = dropped(atlas, 60, 7, Habit())
    assert len(placed) == len(chosen) > 25
    assert distances(placed).min() > 2 * 7 - 2 * 2
    np.testing.assert_allclose(placed.height, 7, atol=0.5)


def test_bodies_that_cling_touch_their_neighbours(atlas):
    near = [np.median(distances(dropped(atlas, 20, 7, Habit(cling=cling))[0])) for cling in (0.0, 1.0)]
    assert near[1] < 2 * 7 * 1.2 < near[0]


def test_in_a_heap_bodies_rest_upon_others(atlas):
    placed, _ = dropped(atlas, 250, 9, Habit(pile=True))
    assert len(placed) > 150
    assert placed.height.max() > 3 * 9
    assert placed.height.min() == pytest.approx(9, abs=1)
    points = np.stack([placed.column, placed.row, placed.height], axis=1)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 2 * 9 - 2 * 3


def test_it_ends_at_the_coverage_that_is_asked_for(atlas):
    placed, _ = dropped(atlas, 400, 5, Habit(pile=True, coverage=0.4))
    assert (draw(atlas, placed, SHAPE).labels > 0).mean() == pytest.approx(0.4, abs=0.05)


def test_the_same_seed_gives_the_same_places(atlas):
    first, second = (dropped(atlas, 50, 6, Habit(cling=0.5), seed=4)[0] for _ in range(2))
    assert np.array_equal(first.column, second.column) and np.array_equal(first.height, second.height)
