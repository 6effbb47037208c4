"""Scores with known answers, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffrendergan.metrics.segmentation import (
    MatchCounts,
    average_precision,
    dice,
    foreground_iou,
    iou_table,
    match,
    panoptic_quality,
    score_scan,
)

label_images = arrays(np.int32, (6, 7), elements=st.integers(0, 4))


def square(top: int, left: int, edge: int = 10, shape: tuple[int, int] = (30, 40), number: int = 1) -> np.ndarray:
    labels = np.zeros(shape, np.int32)
    labels[top : top + edge, left : left + edge] = number
    return labels


def disk(row: float, column: float, radius: float, shape: tuple[int, int] = (60, 60)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).astype(np.int32)


def test_shifted_square():
    # 10 x 10 squares shifted by 2 columns share 80 of 120 pixels.
    true, pred = square(5, 5), square(5, 7)
    assert dice(pred, true) == pytest.approx(160 / 200)
    assert foreground_iou(pred, true) == pytest.approx(80 / 120)
    assert match(true, pred) == MatchCounts(1, 0, 0, pytest.approx(80 / 120))
    assert panoptic_quality(match(true, pred)) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 1.0)


def test_square_shifted_too_far_counts_twice():
    # Shifted by 4: 60 of 140 pixels, IoU 0.43: one missed, one false.
    scores = score_scan(square(5, 5), square(5, 9))
    assert (scores.true_positives, scores.false_positives, scores.false_negatives) == (0, 1, 1)
    assert (scores.ap50, scores.pq, scores.sq, scores.rq) == (0, 0, 0, 0)
    assert scores.dsc == pytest.approx(0.6)


def test_shifted_disks_follow_the_lens_formula():
    # Two disks of radius r at distance d share 2r²·acos(d/2r) − d/2·√(4r²−d²).
    radius, shift = 20.0, 8.0
    lens = 2 * radius**2 * np.arccos(shift / (2 * radius)) - shift / 2 * np.sqrt(4 * radius**2 - shift**2)
    expected = lens / (2 * np.pi * radius**2 - lens)
    assert foreground_iou(disk(30, 34, radius), disk(30, 26, radius)) == pytest.approx(expected, abs=0.01)


def test_three_particles_one_split_one_missed():
    # A: exact. B: split into halves of IoU 0.5 (one matches, one is false). C: missed.
    true = square(2, 2) + square(2, 14, number=2) + square(16, 2, number=3)
    pred = square(2, 2, number=7)
    pred[2:12, 14:19] = 8
    pred[2:12, 19:24] = 9
    counts = match(true, pred)
    assert counts == MatchCounts(2, 1, 1, 1.5)
    assert average_precision(counts) == pytest.approx(2 / 4)
    assert panoptic_quality(counts) == (pytest.approx(0.75 * 2 / 3), 0.75, pytest.approx(2 / 3))


@pytest.mark.parametrize("swap", [False, True])
def test_union_of_two_equal_halves_matches_one_of_them(swap):
    whole, halves = square(5, 5), square(5, 5)
    halves[5:15, 10:15] = 2
    true, pred = (halves, whole) if swap else (whole, halves)
    assert match(true, pred) == MatchCounts(1, int(not swap), int(swap), 0.5)


def test_threshold_is_met_by_equality_and_not_below():
    whole, part = square(5, 5), square(5, 5)
    part[5:15, 11:15] = 0  # 60 of 100 pixels
    assert match(whole, part, iou=0.6).true_positives == 1
    assert match(whole, part, iou=0.61).true_positives == 0
    part[14, 5] = 0  # 59 of 100 pixels
    assert match(whole, part, iou=0.6).true_positives == 0


def test_empty_images():
    empty, full = np.zeros((8, 8), np.int32), np.ones((8, 8), np.int32)
    both = score_scan(empty, empty)
    assert both[:6] == (1, 1, 1, 1, 1, 1)
    assert both[6:] == (0, 0, 0)
    missed, invented = score_scan(full, empty), score_scan(empty, full)
    assert missed[:6] == invented[:6] == (0, 0, 0, 0, 0, 0)
    assert missed.false_negatives == invented.false_positives == 1
    assert match(full, full) == MatchCounts(1, 0, 0, 1.0)  # no background pixel at all


def test_bad_input():
    with pytest.raises(ValueError, match="differ in shape"):
        score_scan(np.zeros((4, 4), int), np.zeros((4, 5), int))
    with pytest.raises(ValueError, match="threshold"):
        match(np.zeros((4, 4), int), np.zeros((4, 4), int), iou=0.3)
    with pytest.raises(ValueError, match="negative"):
        match(np.full((4, 4), -1), np.zeros((4, 4), int))


@settings(deadline=None, max_examples=60)
@given(label_images, label_images)
def test_properties(true, pred):
    scores = score_scan(true, pred)
    assert all(0 <= value <= 1 for value in scores[:6])
    assert scores.foreground_iou == pytest.approx(scores.dsc / (2 - scores.dsc))
    assert scores.true_positives + scores.false_negatives == len(np.unique(true[true > 0]))
    assert scores.true_positives + scores.false_positives == len(np.unique(pred[pred > 0]))
    assert scores.pq == pytest.approx(scores.sq * scores.rq)
    swapped = score_scan(pred, true)
    assert swapped[:6] == pytest.approx(scores[:6])


@settings(deadline=None, max_examples=40)
@given(label_images)
def test_self_is_perfect_whatever_the_numbers(labels):
    renumbered = np.where(labels > 0, 100 - 7 * labels, 0)
    assert score_scan(labels, renumbered)[:6] == (1, 1, 1, 1, 1, 1)


@settings(deadline=None, max_examples=40)
@given(label_images, label_images)
def test_greedy_matching_is_maximal(true, pred):
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    table = iou_table(true, pred)
    best = 0
    if table.size:
        best = int((maximum_bipartite_matching(csr_array((table >= 0.5).astype(np.int8))) >= 0).sum())
    assert match(true, pred).true_positives == best
