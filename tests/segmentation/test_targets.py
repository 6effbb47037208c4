"""The fast classes equal the slow obvious ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from diffrendergan.segmentation.targets import crop_classes
from diffrendergan.synthesis.classes import class_mask


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
