"""Whole particles from right predictions: two discs over each other give two full outlines."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.overlapping import discs, right_prediction

from diffrendergan.errors import ConfigError
from diffrendergan.labels.layers import Layers
from diffrendergan.metrics.layers import score_layers
from diffrendergan.metrics.segmentation import average_precision, match
from diffrendergan.segmentation.instances import DECODINGS, amodal, decode_all, watershed
from diffrendergan.segmentation.proposals import proposed
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.whole_shapes import whole_particles

SHAPE = (80, 112)


def diameters(areas):
    return 2 * np.sqrt(np.asarray(areas) / np.pi)


@pytest.mark.parametrize("distance", [14, 20, 26])
def test_two_overlapping_discs_have_two_full_outlines(distance):
    labels, true = discs(SHAPE, [(40, 56 - distance / 2, 16), (40, 56 + distance / 2, 16)])
    prediction = right_prediction(labels, true)
    seen = amodal(prediction, 20)
    assert average_precision(match(labels, seen, 0.8)) == 1
    found = whole_particles(prediction, seen)
    assert score_layers(true, found).ap50 == 1
    assert score_layers(true, found).sq > 0.93
    assert diameters(found.areas) == pytest.approx(32, rel=0.03)
    # What is seen of the lower one is smaller.
    assert diameters(np.bincount(seen.ravel())[1:]).min() < 31


def test_what_is_seen_belongs_to_the_whole_and_nothing_lies_on_the_ground():
    labels, true = discs(SHAPE, [(30, 40, 16), (46, 50, 14), (30, 66, 15)])
    prediction = right_prediction(labels, true)
    wide = prediction._replace(stars=np.concatenate([prediction.stars[:1], 1.4 * prediction.stars[1:]]))
    for said in (prediction, wide):
        seen = amodal(said, 20)
        found = whole_particles(said, seen)
        assert found.numbers.tolist() == np.unique(seen[seen > 0]).tolist()
        for layer, mask in zip(found, found.stack(), strict=True):
            assert mask[seen == layer.number].all()
        assert not found.depth()[seen == 0].any()


def test_particles_that_merely_touch_hide_nothing():
    labels, true = discs(SHAPE, [(40, 40, 16), (40, 72, 16)])
    prediction = right_prediction(labels, true)
    rough = prediction._replace(stars=np.concatenate([prediction.stars[:1], prediction.stars[1:] + 1]))
    found = whole_particles(rough, amodal(rough, 20))
    assert found.areas == pytest.approx(true.areas, rel=0.02)


def test_a_region_with_two_shapes_is_split():
    # Neither neck nor contour: the classes show one straight bar, its stars two that overlap.
    stack = np.zeros((2, *SHAPE), bool)
    stack[0, 30:50, 14:58] = stack[1, 30:50, 52:96] = True
    true, labels = Layers.of_stack(stack), (stack[0] * 1).astype(np.int32)
    labels[stack[1]] = 2
    blind = right_prediction((labels > 0).astype(np.int32), true)._replace(stars=right_prediction(labels, true).stars)
    assert watershed(blind, 20).max() == 1
    seen = amodal(blind, 20)
    assert seen.max() == 2
    assert average_precision(match(labels, seen, 0.5)) == 1


def test_regions_with_one_shape_are_one_particle():
    # A bar over the middle of a disc: it is seen in two parts.
    labels, true = discs(SHAPE, [(40, 56, 22)])
    bar = np.zeros(SHAPE, bool)
    bar[36:44, 10:100] = True
    stack = np.concatenate([true.stack(), bar[None]])
    labels[bar] = 2
    layers = type(true).of_stack(stack)
    prediction = right_prediction(labels, layers)
    assert watershed(prediction, 20).max() == 3
    seen = amodal(prediction, 20)
    assert average_precision(match(labels, seen, 0.7)) == 1
    (disc,) = (layer for layer in whole_particles(prediction, seen) if layer.mask.shape[0] > 20)
    assert disc.area == pytest.approx(true.areas[0], rel=0.04)


def test_shapes_that_say_the_same_are_suppressed():
    labels, true = discs(SHAPE, [(40, 40, 16), (40, 76, 12)])
    shapes = proposed(right_prediction(labels, true).stars, labels)
    assert sorted(shape.regions for shape in shapes) == [(1,), (2,)]
    assert {round(shape.radius) for shape in shapes} == {16, 12}
    near = next(shape for shape in shapes if shape.regions == (1,))
    assert near.middle == pytest.approx((40, 40), abs=0.7)
    # Equally sure stars everywhere, and none of them is another particle.
    flat = right_prediction(labels, true).stars.copy()
    flat[0] = np.where(flat[0] > WHOLE_RULES.second / 2, 0.9, 0)
    assert len(proposed(flat, labels)) == 2


def test_specks_between_the_blocks_stay_as_they_are_seen():
    labels, true = discs((32, 32), [(16, 8, 1.2), (16, 24, 6)])
    prediction = right_prediction(labels, true)
    found = whole_particles(prediction, labels)
    assert found.areas[0] == true.areas[0]
    assert len(whole_particles(prediction, np.zeros_like(labels))) == 0


def test_a_network_without_stars_is_decoded_otherwise():
    labels, true = discs(SHAPE, [(40, 40, 16)])
    prediction = right_prediction(labels, true)
    assert set(decode_all(prediction, 0)) == set(DECODINGS)
    plain = prediction._replace(stars=None)
    assert "amodal" not in decode_all(plain, 0)
    with pytest.raises(ConfigError, match=r"evaluation\.decoding: amodal"):
        amodal(plain)
