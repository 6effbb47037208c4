"""Large scans block by block give what they give at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import label
from tests.fixtures.overlapping import discs

from diffrendergan.labels.layers import Layers
from diffrendergan.labels.regions import drop_small
from diffrendergan.metrics.segmentation import average_precision, match
from diffrendergan.segmentation.blocks import joined_layers, segment_in_blocks
from diffrendergan.segmentation.unet.tiles import tile_starts


def components(pixels):
    return {"components": label(pixels > 0.5, connectivity=1).astype(np.int32)}


def in_blocks(pixels, segment=components, block_px=40, margin_px=14):
    return segment_in_blocks(pixels, segment, block_px, margin_px)["components"]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(30, 150), st.integers(30, 150))
def test_blocks_find_what_is_found_at_once(seed, height, width):
    # Squares of 5 px, each in a cell of its own of a grid of 9 px.
    rng = np.random.default_rng(seed)
    cells = rng.random((height // 9 + 1, width // 9 + 1)) < 0.5
    pixels = np.kron(cells, np.pad(np.ones((5, 5)), 2))[:height, :width].astype(np.float32)
    whole, found = components(pixels)["components"], in_blocks(pixels)
    assert found.max() == whole.max() == len(np.unique(found)) - 1
    assert average_precision(match(whole, found, 1.0)) == 1


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_a_wire_through_many_blocks_stays_one(slope):
    rows, columns = np.mgrid[:200, :200]
    pixels = (np.abs(rows - 10 - slope * columns * 0.9) <= 3).astype(np.float32)
    found = in_blocks(pixels)
    assert found.max() == 1
    assert np.array_equal(found > 0, pixels > 0)


def test_no_block_is_larger_than_asked_and_small_scans_are_done_at_once():
    shapes = []

    def segment(pixels):
        shapes.append(pixels.shape)
        return components(pixels)

    in_blocks(np.zeros((100, 30), np.float32), segment, block_px=40, margin_px=8)
    assert all(height <= 40 and width <= 40 for height, width in shapes)
    assert len(shapes) == 3
    shapes.clear()
    in_blocks(np.zeros((40, 30), np.float32), segment)
    assert shapes == [(40, 30)]


def test_blocks_that_disagree_a_little_count_a_particle_once():
    rows, columns = np.mgrid[:60, :200]
    pixels = (np.hypot(rows - 30, columns - 100) < 8).astype(np.float32)
    calls = iter(range(10))

    def segment(part):
        # Every other block sees the particle a little shifted.
        return components(ndimage.shift(part, (0, next(calls) % 2), order=0))

    assert in_blocks(pixels, segment, block_px=110, margin_px=40).max() == 1


def test_whole_particles_of_blocks_are_those_of_the_scan():
    rng = np.random.default_rng(0)
    places = [(*rng.uniform(0, 200, 2), rng.uniform(6, 14)) for _ in range(40)]
    labels, layers = discs((200, 230), places)
    of_blocks = []

    def segment(pixels):
        # The numbers of a block are its own, and what lies beyond it is not known there.
        part = drop_small(pixels.astype(np.int32), 1)
        numbers = np.unique(pixels[pixels > 0]).astype(int)
        top, left = starts[len(of_blocks)]
        own = {number: index for index, number in enumerate(numbers.tolist(), start=1)}
        masks = ((own[one.number], one.top - top, one.left - left, one.mask) for one in layers if one.number in own)
        of_blocks.append((part, Layers.of(part.shape, masks)))
        return {"all": part}

    starts = [(row, column) for row in tile_starts(200, 100, 0.4) for column in tile_starts(230, 100, 0.4)]
    found = segment_in_blocks(labels.astype(np.float32), segment, 100, 40)["all"]
    assert len(of_blocks) == len(starts)
    whole = joined_layers(found, of_blocks, 100, 40)
    assert whole.numbers.tolist() == np.unique(found[found > 0]).tolist()
    by_number = dict(zip(layers.numbers.tolist(), layers, strict=True))
    for layer in whole:
        (number,) = np.unique(labels[found == layer.number])
        true = by_number[number]
        assert layer.area == true.area, (layer.top, layer.left)
