"""Compact bodies that were cut within are joined by what their parts are together; bodies that touch stay two."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk, polygon

from diffrendergan.segmentation.compact import with_whole_bodies
from diffrendergan.segmentation.instances import watershed
from diffrendergan.segmentation.protocol import Prediction

ALONE = ((20, 20), (20, 60), (60, 20), (100, 20), (100, 60))


def discs():
    """Return five discs that stand alone, and room for more."""
    labels = np.zeros((160, 160), np.int32)
    for number, place in enumerate(ALONE, start=1):
        labels[disk(place, 12)] = number
    return labels


def drawn(*parts):
    """Return the discs, and further parts of pixels (rows, columns)."""
    labels = discs()
    for number, part in enumerate(parts, start=len(ALONE) + 1):
        labels[part] = number
    return labels


def half(place, radius, left):
    rows, columns = disk(place, radius)
    kept = (columns < place[1]) == left
    return rows[kept], columns[kept]


def square(row, column, edge):
    return polygon([row, row, row + edge - 1, row + edge - 1], [column, column + edge - 1, column + edge - 1, column])


@pytest.mark.parametrize("share", [0.0, 0.5, -0.6])
def test_a_disc_that_was_cut_by_a_chord_becomes_whole(share):
    labels = drawn(disk((60, 110), 20))
    rows, columns = np.nonzero(labels == 6)
    beyond = columns > 110 + 20 * share
    labels[rows[beyond], columns[beyond]] = 7
    found = with_whole_bodies(labels)
    assert found.max() == 6
    assert np.array_equal(found > 0, labels > 0)


def test_a_core_and_its_shell_become_one():
    found = with_whole_bodies(drawn(disk((60, 110), 20), disk((65, 113), 9)))
    assert found.max() == 6


def test_a_disc_of_which_two_caps_were_cut_becomes_whole():
    rows, columns = disk((60, 110), 20)
    parts = 1 * (columns > 120) + 2 * (columns < 100)
    assert with_whole_bodies(drawn(*((rows[parts == n], columns[parts == n]) for n in range(3)))).max() == 6


@pytest.mark.parametrize("radius", [6, 12])
def test_discs_that_touch_stay_two(radius):
    labels = drawn(disk((60, 80), 12), disk((60, 80 + 12 + radius - 2), radius))
    assert np.array_equal(with_whole_bodies(labels), labels)


def test_squares_that_share_an_edge_stay_two():
    labels = drawn(square(40, 80, 20), square(40, 100, 20))
    assert np.array_equal(with_whole_bodies(labels), labels)


def test_nothing_is_joined_where_particles_are_long_or_few():
    halves = [half((60, 110), 20, left) for left in (True, False)]
    labels = drawn(*halves)
    rods = np.where(labels > 5, labels, 0)
    for number in range(5):
        rods[10 + 30 * number : 16 + 30 * number, 10:50] = number + 1
    few = np.where((labels == 1) | (labels > 5), labels, 0)
    for kept in (rods, few, np.zeros_like(labels)):
        assert np.array_equal(with_whole_bodies(kept), kept)


def test_the_watershed_keeps_bodies_whole_that_a_pattern_cuts():
    labels = drawn(*(half((60, 110), 20, left) for left in (True, False)))
    inside = labels > 0
    contour = np.zeros(labels.shape, bool)
    contour[40:81, 109:111] = inside[40:81, 109:111]
    classes = np.stack([~inside, inside & ~contour, contour]).astype(np.float32) * 0.97 + 0.01
    assert watershed(Prediction(classes, None, (1.0, 1.0, 1.0))).max() == 6
