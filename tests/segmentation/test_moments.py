"""Moments of parts: of a bar as worked out by hand, and of two parts as of both drawn as one."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from diffrendergan.segmentation.moments import moments_of, ratio_of_axes


def test_the_axes_of_a_bar():
    labels = np.zeros((20, 40), np.int32)
    labels[4:10, 5:35] = 2
    moments = moments_of(labels)
    assert moments.areas.tolist() == [0, 0, 180]
    assert (moments.row[2], moments.column[2]) == (6.5, 19.5)
    assert ratio_of_axes(moments)[2] == pytest.approx(5)


def test_two_parts_together_are_as_drawn_as_one():
    labels = np.zeros((60, 60), np.int32)
    labels[disk((25, 20), 12)] = 1
    labels[30:50, 25:42] = 2
    one = moments_of((labels > 0).astype(np.int32))
    together = moments_of(labels).together(1, 2)
    assert together.area == one.areas[1]
    assert together.aspect == pytest.approx(ratio_of_axes(one)[1])
