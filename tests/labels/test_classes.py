"""Class masks: known answers, and what must hold for any labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.labels.classes import BACKGROUND, CONTOUR, PARTICLE, class_mask

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
# Noise: the worst case, every particle in crumbs.
NOISE = hnp.arrays(np.int32, SHAPES, elements=st.integers(0, 4))


@st.composite
def touching_disks(draw: st.DrawFn) -> NDArray[np.int32]:
    """Disks of radius ≥ 4 px painted over each other; regions under 50 px removed, as the method does."""
    side = draw(st.integers(24, 64))
    y, x = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for identifier in range(1, draw(st.integers(1, 8)) + 1):
        row, column, radius = draw(st.tuples(st.integers(0, side), st.integers(0, side), st.integers(4, 14)))
        labels[(y - row) ** 2 + (x - column) ** 2 <= radius**2] = identifier
    for identifier in range(1, labels.max() + 1):
        if (labels == identifier).sum() < 50:
            labels[labels == identifier] = 0
    return labels


def assert_separated(labels: NDArray[np.int32], classes: NDArray[np.uint8]) -> None:
    """No 4-connected component of the particle class may join two instances."""
    components, count = ndimage.label(classes == PARTICLE)
    for component in range(1, count + 1):
        assert len(np.unique(labels[components == component])) == 1


def test_square_with_one_pixel_contour() -> None:
    labels = np.zeros((7, 7), np.int32)
    labels[1:6, 1:6] = 1
    expected = np.zeros((7, 7), np.uint8)
    expected[1:6, 1:6] = CONTOUR
    expected[2:5, 2:5] = PARTICLE
    np.testing.assert_array_equal(class_mask(labels, 1), expected)


def test_image_border_is_no_boundary() -> None:
    labels = np.zeros((6, 6), np.int32)
    labels[:4, :] = 3
    classes = class_mask(labels, 1)
    assert (classes[:3] == PARTICLE).all()
    assert (classes[3] == CONTOUR).all()
    assert (classes[4:] == BACKGROUND).all()


def test_particle_that_fills_the_image_has_no_contour() -> None:
    assert (class_mask(np.ones((5, 5), np.int32), 4) == PARTICLE).all()


def test_contour_lies_on_both_sides_of_touching_particles() -> None:
    labels = np.repeat(np.array([[1] * 6 + [2] * 6], np.int32), 8, axis=0)
    expected = np.repeat(np.array([[1] * 4 + [2] * 4 + [1] * 4], np.uint8), 8, axis=0)
    np.testing.assert_array_equal(class_mask(labels, 2), expected)


def test_width_is_euclidean() -> None:
    y, x = np.mgrid[-20:21, -20:21]
    radius = np.hypot(x, y)
    labels = (radius <= 15).astype(np.int32)
    classes = class_mask(labels, 4)
    assert (classes[radius <= 11] == PARTICLE).all()
    assert (classes[(radius > 12) & (radius <= 15)] == CONTOUR).all()


def test_small_particle_keeps_its_core_under_a_wide_contour() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[2:7, 2:7] = 1
    assert (class_mask(labels, 4) == PARTICLE).sum() == 1
    assert class_mask(labels, 4)[4, 4] == PARTICLE


def test_adjacent_lines_one_pixel_wide_both_survive_apart() -> None:
    labels = np.zeros((4, 30), np.int32)
    labels[1], labels[2] = 1, 2
    classes = class_mask(labels, 1)
    assert {1, 2} == set(labels[classes == PARTICLE])
    assert_separated(labels, classes)


def test_identifiers_may_have_gaps() -> None:
    labels = np.zeros((12, 12), np.int32)
    labels[1:6, 1:6], labels[6:11, 6:11] = 7, 900
    assert set(labels[class_mask(labels, 1) == PARTICLE]) == {7, 900}


def test_no_particles() -> None:
    assert not class_mask(np.zeros((3, 3), np.int32), 1).any()


@settings(deadline=None, max_examples=60)
@given(labels=NOISE, width=st.integers(1, 4))
def test_any_labels_are_separated_and_keep_their_foreground(labels: NDArray[np.int32], width: int) -> None:
    classes = class_mask(labels, width)
    assert classes.dtype == np.uint8 and classes.shape == labels.shape
    np.testing.assert_array_equal(classes > 0, labels > 0)
    assert_separated(labels, classes)


@settings(deadline=None, max_examples=40)
@given(labels=touching_disks(), width=st.sampled_from([1, 2, 4]))
def test_touching_particles_are_separated_and_none_is_erased(labels: NDArray[np.int32], width: int) -> None:
    classes = class_mask(labels, width)
    assert_separated(labels, classes)
    assert set(np.unique(labels[labels > 0])) == set(np.unique(labels[classes == PARTICLE]))


@settings(deadline=None, max_examples=30)
@given(labels=touching_disks())
def test_wider_contours_leave_less_particle(labels: NDArray[np.int32]) -> None:
    assert not ((class_mask(labels, 4) == PARTICLE) & (class_mask(labels, 1) != PARTICLE)).any()


@pytest.mark.parametrize(("shape", "width"), [((4, 4), 0), ((4, 4, 3), 1), ((4,), 1)])
def test_bad_arguments(shape: tuple[int, ...], width: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        class_mask(np.zeros(shape, np.int32), width)
