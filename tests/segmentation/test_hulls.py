"""How much of the particles lies in outlines that are cut in."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk
from skimage.morphology import convex_hull_image

from diffrendergan.segmentation.hulls import edge_points, hull_of, ragged_share


@pytest.mark.parametrize("radius", [2, 3, 5, 12])
def test_discs_are_whole(radius):
    labels = np.zeros((60, 60), np.int32)
    labels[disk((30.3, 29.6), radius)] = 1
    assert ragged_share(labels) == 0


def test_what_is_cut_in_counts_by_its_area():
    labels = np.zeros((80, 120), np.int32)
    labels[5:25, 5:25] = 1
    labels[40:70, 10:40] = 2
    labels[40:60, 20:40] = 0  # an L: 500 px of 775 in its hull
    labels[30:50, 80:90], labels[50:70, 70:100] = 4, 4  # a T, and a number that is missing
    assert ragged_share(labels) == pytest.approx((500 + 800) / (400 + 500 + 800))


def test_nothing_is_not_ragged():
    assert ragged_share(np.zeros((20, 20), np.int32)) == 0


def test_hulls_are_those_of_skimage():
    rng = np.random.default_rng(3)
    labels = np.zeros((50, 50), np.int32)
    for row, column, radius in rng.uniform([10, 10, 3], [40, 40, 9], (4, 3)):
        labels[disk((row, column), radius)] = 1
    rows, columns = (np.flatnonzero((labels > 0).any(axis=axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    area, corners = hull_of(edge_points(labels, 1, box))
    assert area == pytest.approx(convex_hull_image(labels > 0).sum(), rel=0.03)
    assert corners.min() >= 0 and corners.max() < 50
