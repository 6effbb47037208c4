"""How sure a network is of each particle, on label images worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from diffrendergan.segmentation.agreement import AS_IT_IS, ONE_VIEW, VIEWS, agreement, unsure_doubts


def two_squares(shift: int = 0) -> np.ndarray:
    labels = np.zeros((30, 50), np.int32)
    labels[5:15, 5 + shift : 15 + shift] = 2
    labels[5:25, 30:45] = 5
    return labels


def test_what_is_found_again_alike_is_sure() -> None:
    labels = two_squares()
    assert agreement(labels, [labels, labels]).tolist() == [0, 0, 1, 0, 0, 1]
    # Other numbers are the same particles.
    assert agreement(labels, [labels * 3]).tolist() == [0, 0, 1, 0, 0, 1]


def test_overlaps_are_averaged_over_what_was_seen() -> None:
    shifted = agreement(two_squares(), [two_squares(), two_squares(2)])
    assert shifted[2] == pytest.approx((1 + 80 / 120) / 2) and shifted[5] == 1
    missing = np.where(two_squares() == 5, 5, 0)
    assert agreement(two_squares(), [missing])[2] == 0


def test_a_particle_that_is_split_or_joined_is_unsure() -> None:
    split = two_squares()
    split[15:25][split[15:25] == 5] = 9
    assert agreement(two_squares(), [split])[5] == pytest.approx(0.5)
    joined = np.where(two_squares() > 0, 1, 0)
    joined[8:12, 15:30] = 1
    assert agreement(two_squares(), [joined])[2] < 0.25 < agreement(two_squares(), [joined])[5] < 0.7


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.int32, (6, 7), elements=st.integers(0, 3)), hnp.arrays(np.int32, (6, 7), elements=st.integers(0, 3))
)
def test_confidence_is_a_fraction(labels: np.ndarray, other: np.ndarray) -> None:
    found = agreement(labels, [other])
    assert ((found >= 0) & (found <= 1)).all() and len(found) == labels.max() + 1


def test_views_undo_themselves() -> None:
    picture = np.arange(12.0).reshape(3, 4)
    for view in (*VIEWS, ONE_VIEW, AS_IT_IS):
        assert (view.shown(view.shown(picture)) == picture).all()
    assert len({view.axes for view in VIEWS}) == 4 and any(view.scale < 1 for view in VIEWS)


@pytest.mark.parametrize(
    ("unsure", "of", "said"), [(6, 10, "60% of the particles"), (5, 10, ""), (9, 9, ""), (0, 12, ""), (0, 0, "")]
)
def test_a_scan_of_mostly_unsure_particles_is_doubted(unsure: int, of: int, said: str) -> None:
    labels = 2 * np.arange(of + 1, dtype=np.int32)[None]  # odd numbers are none
    confidence = np.zeros(2 * of + 1)
    confidence[2 * unsure + 2 :: 2] = 0.9
    doubts = unsure_doubts(labels, confidence)
    assert len(doubts) == bool(said) and all(doubt.startswith(said) for doubt in doubts)
