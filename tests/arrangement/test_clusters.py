"""Fractal clusters as wholes."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.arrangement.clusters import place_fractal
from diffrendergan.arrangement.placement import Deadline, Region
from diffrendergan.errors import PlacementError


@pytest.mark.parametrize("three_dimensional", [True, False])
def test_clusters_hang_together_and_never_overlap(three_dimensional: bool) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        radii = rng.uniform(0.7, 1.3, 30)
        placed = place_fractal(radii, Region(25.0, three_dimensional), 3, 1.8, Deadline.within(30), rng)
        gaps = np.linalg.norm(placed.points[:, None] - placed.points[None], axis=2) - radii[:, None] - radii[None]
        np.fill_diagonal(gaps, np.inf)
        assert gaps.min() >= -1e-6
        children = np.flatnonzero(placed.parents >= 0)
        assert 27 <= len(children) <= 29
        assert np.abs(gaps[children, placed.parents[children]]).max() < 1e-6
        assert three_dimensional or (placed.points[:, 2] == 0).all()


def test_open_clusters_are_larger_than_compact_ones() -> None:
    def reach(dimension: float) -> float:
        found = []
        for seed in range(6):
            rng = np.random.default_rng(seed)
            placed = place_fractal(np.ones(60), Region(1.0, True), 1, dimension, Deadline.within(30), rng)
            found.append(placed.points.std(axis=0).sum())
        return float(np.mean(found))

    assert reach(1.6) > 1.4 * reach(2.5)


def test_no_room_is_an_error() -> None:
    with pytest.raises(PlacementError, match=r"clusters could be placed apart.*arrangement\.limit"):
        place_fractal(np.ones(60), Region(0.2, False), 30, 1.8, Deadline.within(30), np.random.default_rng(4))
