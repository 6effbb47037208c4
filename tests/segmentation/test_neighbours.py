"""Where parts meet: beside each other, not across a corner, and not over the ground."""

from __future__ import annotations

import numpy as np

from diffrendergan.segmentation.neighbours import meetings, pairs_of

LABELS = np.array([[1, 1, 0, 3], [1, 2, 0, 3], [0, 2, 4, 0]], np.int32)


def test_which_parts_meet():
    assert pairs_of(LABELS) == [(1, 2), (2, 4)]
    assert pairs_of(np.zeros((3, 4), np.int32)) == []


def test_where_they_meet():
    down, along = meetings(LABELS)
    assert (down.low.tolist(), down.high.tolist()) == ([1], [2])
    assert (down.here.tolist(), down.there.tolist()) == ([1], [5])
    assert sorted(zip(along.low.tolist(), along.high.tolist(), strict=True)) == [(1, 2), (2, 4)]
    assert (along.there - along.here).tolist() == [1, 1]
