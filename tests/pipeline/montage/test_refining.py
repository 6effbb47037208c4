from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from tests.fixtures.tiles import grid

from diffrendergan.pipeline.montage.refining import facing, refined

SHAPE = (260, 330)


@pytest.fixture(scope="module")
def scene() -> NDArray[np.float32]:
    return ndimage.gaussian_filter(np.random.default_rng(0).normal(size=SHAPE), 1.5).astype(np.float32)


def cut(scene: NDArray[np.float32], corner: NDArray[np.int64], edge: int, seed: int = 0) -> NDArray[np.float32]:
    """Return a tile with noise of its own."""
    left, top = corner
    noise = np.random.default_rng(seed).normal(0, 0.05, (edge, edge))
    return (scene[top : top + edge, left : left + edge] + noise).astype(np.float32)


def test_places_that_are_off_are_found_from_noisy_tiles(scene: NDArray[np.float32]) -> None:
    layout = grid(SHAPE, 110, 36, 3)
    stated = layout.corners + np.random.default_rng(1).uniform(-7, 7, layout.corners.shape)
    tiles = [cut(scene, corner, 110, number) for number, corner in enumerate(layout.corners)]
    found = refined(stated, layout.sizes, tiles.__getitem__)
    off = found.places - found.places[0] - (layout.corners - layout.corners[0])
    assert np.abs(off).max() < 0.5
    assert found.told > 0.7 * found.of and 2 < np.median(found.moved) < 10


def test_one_overlap_that_lies_does_not_bend_the_others(scene: NDArray[np.float32]) -> None:
    """A tile was taken twice, the second time elsewhere: what it shows in one overlap belongs 9 px away."""
    layout = grid(SHAPE, 110, 36)
    tiles = [cut(scene, corner, 110, number) for number, corner in enumerate(layout.corners)]
    tiles[0][:, -36:] = np.roll(tiles[0], 9, axis=0)[:, -36:]
    found = refined(layout.corners.astype(float), layout.sizes, tiles.__getitem__)
    off = found.places[1:] - found.places[1] - (layout.corners[1:] - layout.corners[1])
    assert np.abs(off).max() < 0.5


def test_tiles_that_show_nothing_stay_where_they_are_said_to_be(scene: NDArray[np.float32]) -> None:
    layout = grid(SHAPE, 110, 36)
    flat = np.zeros((110, 110), np.float32)
    found = refined(layout.corners.astype(float), layout.sizes, lambda tile: flat)
    assert found.told == 0 and (found.places == layout.corners).all() and found.moved.max() == 0


def test_the_stage_may_be_turned(scene: NDArray[np.float32]) -> None:
    layout = grid(SHAPE, 110, 36)
    tiles = [cut(scene, corner, 110, number) for number, corner in enumerate(layout.corners)]
    for directions in ((1, 1), (1, -1), (-1, -1)):
        assert facing(layout.corners * np.array(directions, float), layout.sizes, tiles.__getitem__) == directions
