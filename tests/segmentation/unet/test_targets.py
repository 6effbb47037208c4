"""The fast classes equal the slow obvious ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from diffrendergan.labels.classes import class_mask
from diffrendergan.segmentation.unet.targets import DISTANCE_PX, crop_classes, crop_distance


@st.composite
def blobs(draw) -> np.ndarray:
    rows, columns = draw(st.integers(1, 24)), draw(st.integers(1, 24))
    noise = np.random.default_rng(draw(st.integers(0, 1000))).normal(size=(rows, columns))
    smooth = ndimage.gaussian_filter(noise, draw(st.floats(0.5, 4)))
    return (np.digitize(smooth, np.quantile(smooth, [0.3, 0.6, 0.8]))).astype(np.int32)


@settings(deadline=None, max_examples=60)
@given(blobs(), st.integers(1, 5))
def test_equals_class_mask_where_no_particle_is_thin(labels, width):
    fast, slow = crop_classes(labels, width), class_mask(labels, width)
    thin = np.setdiff1d(labels, labels[fast == 1])
    compared = ~np.isin(labels, thin[thin > 0])
    assert np.array_equal(fast[compared], slow[compared])
    assert np.array_equal(fast > 0, labels > 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_tiny_images(shape):
    assert (crop_classes(np.ones(shape, np.int32), 4) == 1).all()
    assert (crop_classes(np.zeros(shape, np.int32), 1) == 0).all()


def test_touching_squares_by_hand():
    labels = np.array([[1, 1, 1, 2, 2, 2]] * 3, np.int32)
    assert crop_classes(labels, 1).tolist() == [[1, 1, 2, 2, 1, 1]] * 3


def test_distance_by_hand():
    labels = np.zeros((7, 12), np.int32)
    labels[1:6, 1:6], labels[1:6, 6:11] = 1, 2
    distance = crop_distance(labels) * DISTANCE_PX
    # Five pixels across: the centre lies 2.5 px from the boundary, the next 1.5 px, the outermost 0.5 px.
    assert distance[3, 1:6] == pytest.approx([0.5, 1.5, 2.5, 1.5, 0.5])
    assert distance[3, 6:11] == pytest.approx([0.5, 1.5, 2.5, 1.5, 0.5])
    assert (distance[labels == 0] == 0).all()


@settings(deadline=None, max_examples=40)
@given(blobs())
def test_distance_is_zero_outside_and_at_most_one(labels):
    distance = crop_distance(labels)
    assert distance.dtype == np.float32
    assert np.array_equal(distance > 0, labels > 0)
    assert distance.max(initial=0) <= 1


def test_the_image_border_is_no_boundary():
    labels = np.zeros((9, 9), np.int32)
    labels[:, :5] = 1
    assert crop_distance(labels)[4, 0] == pytest.approx(4.5 / DISTANCE_PX)
    assert (crop_distance(np.ones((4, 4), np.int32)) == 1).all()
