"""Particles over each other, in memory and on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest
import roifile
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixtures.overlapping import discs

from diffrendergan.errors import DataError
from diffrendergan.labels.coco import read_coco, run_lengths
from diffrendergan.labels.layer_files import packed, read_layers, write_layers
from diffrendergan.labels.layers import Layers, layer_overlaps
from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.labels.rois import read_rois, write_layer_rois

SHAPE = (40, 60)
PLACES = [(20, 20, 10), (20, 30, 10), (20, 55, 10)]


def test_masks_are_kept_in_their_boxes_and_cut_by_the_image():
    labels, layers = discs(SHAPE, PLACES)
    assert layers.numbers.tolist() == [1, 2, 3]
    assert layers.depth().max() == 2
    stack = layers.stack()
    np.testing.assert_array_equal(stack.sum((1, 2)), layers.areas)
    np.testing.assert_array_equal(stack.any(0), labels > 0)
    assert next(iter(layers)).box == (slice(10, 30), slice(10, 30))
    whole = np.ones((10, 10), bool)
    (cut,) = Layers.of(SHAPE, [(7, -4, 55, whole), (8, -10, 0, whole)])
    assert (cut.number, cut.top, cut.left, cut.mask.shape, cut.area) == (7, 0, 55, (6, 5), 30)


def test_sheets_hold_all_particles_and_no_two_overlap():
    _, layers = discs(SHAPE, [*PLACES, (20, 25, 10)])
    sheets = layers.sheets()
    assert len(sheets) == 3
    found = {number: int((sheet == number).sum()) for sheet in sheets for number in np.unique(sheet[sheet > 0])}
    assert found == dict(zip(layers.numbers.tolist(), layers.areas.tolist(), strict=True))


def test_of_a_label_image_without_overlap_layers_are_its_regions():
    labels, _ = discs(SHAPE, PLACES)
    layers = Layers.of_labels(labels)
    assert len(layers.sheets()) == 1
    np.testing.assert_array_equal(layers.sheets()[0], labels)
    other = np.roll(labels, 3, axis=1)
    flat, layered = region_overlaps(labels, other), layer_overlaps(layers, Layers.of_labels(other))
    for name in vars(flat):
        np.testing.assert_array_equal(getattr(layered, name), getattr(flat, name))


def test_shares_of_overlapping_particles():
    _, layers = discs(SHAPE, PLACES)
    overlaps = layer_overlaps(layers, layers.only([2]))
    assert overlaps.rows.tolist() == [0, 1]
    shared = (layers.stack()[0] & layers.stack()[1]).sum()
    assert overlaps.shared.tolist() == [shared, layers.areas[1]]
    with pytest.raises(ValueError, match="differ in shape"):
        layer_overlaps(layers, layers.of_shape((40, 61)))


def test_other_shapes():
    _, layers = discs(SHAPE, PLACES)
    upper = layers.of_shape((20, 60))
    np.testing.assert_array_equal(upper.stack(), layers.stack()[:, :20])
    larger = layers.resized((80, 120))
    np.testing.assert_array_equal(larger.stack(), layers.stack().repeat(2, 1).repeat(2, 2))
    assert layers.resized(SHAPE) is layers
    np.testing.assert_array_equal(larger.resized(SHAPE).stack(), layers.stack())


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_run_lengths_are_packed_as_they_are_read(height, width, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    counts = run_lengths(packed(mask))
    assert sum(counts) == mask.size
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    np.testing.assert_array_equal(flat.reshape(mask.shape, order="F"), mask)


def test_run_lengths_are_those_of_pycocotools():
    tools = pytest.importorskip("pycocotools.mask")
    for mask in (*discs((300, 300), [(150, 150, 100), (10, 10, 30)])[1].stack(), np.ones((3, 3), bool)):
        assert packed(mask) == tools.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()


def test_layers_come_back_from_a_file(tmp_path):
    _, layers = discs(SHAPE, PLACES)
    kept = layers.only([1, 3])
    path = tmp_path / "a.json"
    write_layers(path, kept, "a.tif")
    again = read_layers(path)
    assert again.shape == SHAPE
    assert again.numbers.tolist() == [1, 3]
    np.testing.assert_array_equal(again.stack(), kept.stack())
    # Every other reader of COCO files sees the same, flattened.
    flat = read_coco(path, "a.tif").labels
    np.testing.assert_array_equal(flat > 0, kept.stack().any(0))
    path.write_text(json.dumps({"images": [], "annotations": []}))
    with pytest.raises(DataError, match="one image"):
        read_layers(path)


def test_outlines_for_imagej_overlap(tmp_path):
    _, layers = discs(SHAPE, PLACES)
    path = tmp_path / "a_rois.zip"
    write_layer_rois(path, layers)
    regions = roifile.roiread(path)
    assert [region.name for region in regions] == ["0001", "0002", "0003"]
    assert (regions[0].left, regions[0].top, regions[0].right, regions[0].bottom) == (10, 10, 30, 30)
    assert regions[1].left < regions[0].right
    labels, remarks, *_ = read_rois(path, SHAPE)
    np.testing.assert_array_equal(labels > 0, layers.depth() > 0)
    assert "overlap" in remarks[0]
