"""Parts of one body are joined where no contour is seen, and only in scans in which that means something."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk, line
from skimage.morphology import dilation, footprint_rectangle

from diffrendergan.segmentation.instances import split_by_depth, watershed
from diffrendergan.segmentation.joining import contour_share, joined, shows_rods
from diffrendergan.segmentation.protocol import Prediction


def rods(count=5, cut=True):
    """Return rods of 30 × 8 px one above the other, each cut in two in the middle."""
    labels = np.zeros((20 * count + 10, 60), np.int32)
    for i in range(count):
        labels[20 * i + 6 : 20 * i + 14, 10:25] = 2 * i + 1
        labels[20 * i + 6 : 20 * i + 14, 25:40] = 2 * i + 1 + cut
    return labels


def grid(side=6):
    """Return cells of 10 px side by side, and a contour between all of them."""
    rows, columns = np.indices((10 * side, 10 * side)) // 10
    labels = (rows * side + columns + 1).astype(np.int32)
    return labels, np.full(labels.shape, 0.8)


def test_cut_rods_become_whole():
    found = joined(rods(), np.zeros((110, 60)))
    assert found.max() == 5
    assert np.array_equal(found > 0, rods() > 0)


def test_rods_with_a_contour_between_stay_two():
    assert joined(rods(), np.full((110, 60), 0.6)).max() == 10


def test_arms_of_a_cross_do_not_become_one():
    labels = rods()
    arms = labels.max() + 1
    labels = np.pad(labels, ((0, 60), (0, 20)))
    labels[115:165, 30:38] = arms
    labels[136:144, 38:68] = arms + 1
    found = joined(labels, np.zeros(labels.shape))
    assert found[120, 34] != found[140, 60]
    assert found.max() == 7


def test_touching_discs_are_not_joined_though_no_contour_is_seen():
    labels = np.zeros((200, 120), np.int32)
    for i in range(6):
        labels[disk((20 + 30 * i, 40), 12)] = 2 * i + 1
        labels[disk((20 + 30 * i, 63), 12)] = 2 * i + 2
    assert not shows_rods(labels)
    assert joined(labels, np.zeros(labels.shape)).max() == 12


def test_the_one_border_without_contour_among_many_goes():
    labels, contour = grid()
    contour[:10, 9:11] = 0.05
    found = joined(labels, contour)
    assert found.max() == 35
    assert found[5, 5] == found[5, 15] != found[15, 5]


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_many_borders_without_contour_say_nothing(share):
    labels, contour = grid()
    contour[: round(60 * share)] = 0.05
    assert joined(labels, contour).max() == 36


def test_whether_a_scan_shows_rods():
    assert shows_rods(rods())
    assert shows_rods(rods(cut=False))
    assert not shows_rods(rods(3)), "too few to tell"
    assert not shows_rods(np.zeros((40, 40), np.int32))


def test_turned_rods_are_rods():
    labels = np.zeros((220, 80), bool)
    for i in range(5):
        labels[line(40 * i + 10, 10, 40 * i + 40, 50)] = True
    thick = dilation(labels, footprint_rectangle((7, 7)))
    assert shows_rods(thick.astype(np.int32))


def test_networks_of_a_case_keep_rods_whole():
    """A rod whose depth ripples: a core that is half as wide in its middle."""
    cores, mask = np.zeros((110, 60), bool), rods() > 0
    for top in range(6, 106, 20):
        cores[top + 1 : top + 7, 11:39] = True
        cores[[top + 1, top + 2, top + 5, top + 6], 22:28] = False
    classes = np.full((3, 110, 60), 0.1, np.float32)
    classes[0, ~mask] = classes[1, cores] = 0.8
    classes[1:, mask & ~cores] = np.array([0.6, 0.3])[:, None]
    prediction = Prediction(classes)
    assert split_by_depth(cores, mask).max() == 10, "or this shows nothing"
    assert watershed(prediction).max() == 5
    assert contour_share(classes[2], classes[1] + classes[2])[10, 12] == pytest.approx(1 / 9)


def test_nothing_is_nothing():
    assert not joined(np.zeros((30, 30), np.int32), np.zeros((30, 30))).any()
