"""All scores of a scan together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffrendergan.metrics.segmentation import score_scan

label_images = arrays(np.int32, (6, 7), elements=st.integers(0, 4))
FRACTIONS = ("dsc", "foreground_iou", "ap50", "ap", "pq", "sq", "rq", "aji", "boundary_f1")


def fractions(scores):
    return [getattr(scores, name) for name in FRACTIONS]


def test_square_shifted_too_far_counts_twice(square):
    # Shifted by 4: 60 of 140 pixels, IoU 0.43: one missed, one false.
    scores = score_scan(square(5, 5), square(5, 9))
    assert (scores.true_positives, scores.false_positives, scores.false_negatives) == (0, 1, 1)
    assert (scores.ap50, scores.ap, scores.pq, scores.sq, scores.rq) == (0, 0, 0, 0, 0)
    assert scores.dsc == pytest.approx(0.6)
    assert scores.aji == pytest.approx(60 / 140)
    assert (scores.count_error, scores.relative_count_error, scores.diameter_distance_px) == (0, 0, 0)


def test_merged_pair(square):
    # Two touching squares as one: the foreground is perfect, the particles are not.
    true = square(5, 5) + square(5, 15, number=2)
    scores = score_scan(true, (true > 0).astype(int), pixel_size_nm=2.5)
    assert (scores.dsc, scores.foreground_iou, scores.boundary_f1) == (1, 1, 1)
    assert (scores.ap50, scores.aji) == (0.5, 0.5)
    assert (scores.count_error, scores.relative_count_error) == (-1, -0.5)
    grown = 2 * np.sqrt(200 / np.pi) - 2 * np.sqrt(100 / np.pi)
    assert scores.diameter_distance_px == pytest.approx(grown)
    assert scores.diameter_distance_nm == pytest.approx(2.5 * grown)


def test_without_pixel_size_there_are_no_nanometres(square):
    scores = score_scan(square(5, 5), square(5, 5, edge=8))
    assert scores.diameter_distance_px == pytest.approx(2 * (np.sqrt(100 / np.pi) - np.sqrt(64 / np.pi)))
    assert scores.diameter_distance_nm is None


def test_empty_images():
    empty, full = np.zeros((8, 8), np.int32), np.ones((8, 8), np.int32)
    both = score_scan(empty, empty, 1.0)
    assert fractions(both) == [1] * len(FRACTIONS)
    assert (both.count_error, both.relative_count_error, both.diameter_distance_px) == (0, None, None)
    missed, invented = score_scan(full, empty, 1.0), score_scan(empty, full, 1.0)
    assert fractions(missed) == fractions(invented) == [0] * len(FRACTIONS)
    assert (missed.count_error, missed.relative_count_error, missed.diameter_distance_nm) == (-1, -1, None)
    assert (invented.count_error, invented.relative_count_error, invented.diameter_distance_nm) == (1, None, None)


def test_bad_input():
    images = np.zeros((4, 4), int), np.zeros((4, 5), int)
    with pytest.raises(ValueError, match="differ in shape"):
        score_scan(*images)
    for size in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="pixel size"):
            score_scan(images[0], images[0], size)


@settings(deadline=None, max_examples=60)
@given(label_images, label_images)
def test_properties(true, pred):
    scores = score_scan(true, pred, 3.0)
    assert all(0 <= value <= 1 for value in fractions(scores))
    assert scores.foreground_iou == pytest.approx(scores.dsc / (2 - scores.dsc))
    assert scores.true_positives + scores.false_negatives == len(np.unique(true[true > 0]))
    assert scores.true_positives + scores.false_positives == len(np.unique(pred[pred > 0]))
    assert scores.count_error == scores.false_positives - scores.false_negatives
    assert scores.pq == pytest.approx(scores.sq * scores.rq)
    assert scores.ap <= scores.ap50 + 1e-12
    json.dumps(scores._asdict(), allow_nan=False)
    swapped = score_scan(pred, true, 3.0)
    for name in FRACTIONS:
        if name != "aji":  # which goes from the annotated to the predicted particles
            assert getattr(swapped, name) == pytest.approx(getattr(scores, name))
    assert swapped.count_error == -scores.count_error
    assert swapped.diameter_distance_nm == pytest.approx(scores.diameter_distance_nm)


@settings(deadline=None, max_examples=40)
@given(label_images, label_images, st.permutations(range(1, 5)), st.permutations(range(1, 5)))
def test_numbers_mean_nothing(true, pred, first, second):
    renumbered = score_scan(np.array([0, *first])[true] * 100, np.array([0, *second])[pred], 3.0)
    assert renumbered == pytest.approx(score_scan(true, pred, 3.0))


@settings(deadline=None, max_examples=40)
@given(label_images)
def test_self_is_perfect_whatever_the_numbers(labels):
    scores = score_scan(labels, np.where(labels > 0, 100 - 7 * labels, 0))
    assert fractions(scores) == [1] * len(FRACTIONS)
    assert scores.count_error == 0
    assert scores.diameter_distance_px in (0, None)


def test_dice_against_monai(scene):
    import torch
    from monai.metrics import compute_dice

    for seed in range(4):
        true, pred = scene(seed)
        images = [torch.from_numpy((labels > 0)[None, None].astype(np.float32)) for labels in (pred, true)]
        assert float(compute_dice(*images)) == pytest.approx(score_scan(true, pred).dsc, abs=1e-6)
