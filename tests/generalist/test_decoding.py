"""Particles from classes: patterns inside do not cut, contours do."""

from __future__ import annotations

import numpy as np
from skimage.draw import disk

from diffrendergan.generalist.decoding import told_apart
from diffrendergan.segmentation.protocol import Prediction


def discs(*places):
    """Return classes of discs with a contour of 1 px, of which a network is sure to 80 %."""
    ground, contour, inner = (np.zeros((64, 96), bool) for _ in range(3))
    for row, column, radius in places:
        contour[disk((row, column), radius, shape=ground.shape)] = True
    for row, column, radius in places:
        inner[disk((row, column), radius - 1.5, shape=ground.shape)] = True
    contour &= ~inner
    ground = ~(contour | inner)
    return np.stack([ground, inner, contour]).astype(np.float32) * 0.7 + 0.1


def test_touching_discs_are_cut_at_their_contour():
    found = told_apart(Prediction(discs((32, 30, 16), (32, 61, 16)), None, (1.0, 1.0, 1.0)))
    assert found.max() == 2
    assert found[32, 30] != found[32, 61]


def test_a_pattern_of_which_it_is_unsure_does_not_cut():
    classes = discs((32, 48, 26))
    for row, column in ((25, 40), (30, 55), (40, 45), (36, 60)):
        classes[:, row : row + 2, column : column + 2] = np.array([0.1, 0.4, 0.5])[:, None, None]
    assert told_apart(Prediction(classes, None, (1.0, 1.0, 1.0))).max() == 1
