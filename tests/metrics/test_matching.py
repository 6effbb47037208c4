"""Matched particles, AP and PQ with known answers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffrendergan.labels.overlap import iou_table, region_overlaps
from diffrendergan.metrics.matching import (
    AP_THRESHOLDS,
    MatchCounts,
    average_precision,
    match,
    match_regions,
    mean_average_precision,
    panoptic_quality,
)

label_images = arrays(np.int32, (6, 7), elements=st.integers(0, 4))


def test_shifted_square(square):
    # 80 of 120 pixels: one pair of IoU 2/3, which meets 0.5, 0.55, 0.6 and 0.65 of ten thresholds.
    true, pred = square(5, 5), square(5, 7)
    assert match(true, pred) == MatchCounts(1, 0, 0, pytest.approx(80 / 120))
    assert panoptic_quality(match(true, pred)) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 1.0)
    assert mean_average_precision(region_overlaps(true, pred)) == pytest.approx(4 / 10)


def test_three_particles_one_split_one_missed(square):
    # A: exact. B: split into halves of IoU 0.5 (one matches, one is false). C: missed.
    true = square(2, 2) + square(2, 14, number=2) + square(16, 2, number=3)
    pred = square(2, 2, number=7)
    pred[2:12, 14:19] = 8
    pred[2:12, 19:24] = 9
    counts = match(true, pred)
    assert counts == MatchCounts(2, 1, 1, 1.5)
    assert average_precision(counts) == pytest.approx(2 / 4)
    assert panoptic_quality(counts) == (pytest.approx(0.75 * 2 / 3), 0.75, pytest.approx(2 / 3))
    # At 0.5 2 of 4; above, only A of A, B, C, 8 and 9.
    assert mean_average_precision(region_overlaps(true, pred)) == pytest.approx((2 / 4 + 9 * 1 / 5) / 10)


def test_a_merged_pair_matches_neither_if_unequal_halves_are_too_small(square):
    # One predicted particle over two of equal size has IoU 0.5 with each; with a gap between them less.
    touching = square(5, 5) + square(5, 15, number=2)
    assert match(touching, touching > 0) == MatchCounts(1, 0, 1, 0.5)
    apart = square(5, 5) + square(5, 17, number=2)
    merged = apart > 0
    merged[5:15, 15:17] = True
    assert match(apart, merged) == MatchCounts(0, 1, 2, 0.0)


@pytest.mark.parametrize("swap", [False, True])
def test_union_of_two_equal_halves_matches_one_of_them(square, swap):
    whole, halves = square(5, 5), square(5, 5)
    halves[5:15, 10:15] = 2
    true, pred = (halves, whole) if swap else (whole, halves)
    assert match(true, pred) == MatchCounts(1, int(not swap), int(swap), 0.5)


def test_threshold_is_met_by_equality_and_not_below(square):
    whole, part = square(5, 5), square(5, 5)
    part[5:15, 11:15] = 0  # 60 of 100 pixels
    assert match(whole, part, iou=0.6).true_positives == 1
    assert match(whole, part, iou=0.61).true_positives == 0
    part[14, 5] = 0  # 59 of 100 pixels
    assert match(whole, part, iou=0.6).true_positives == 0


@pytest.mark.parametrize("percent", range(50, 100, 5))
def test_the_averaged_thresholds_are_met_by_equality(percent):
    whole, part = np.ones((1, 100), int), (np.arange(100)[None] < percent).astype(int)
    assert mean_average_precision(region_overlaps(whole, part)) == pytest.approx((percent - 45) / 50)
    assert percent / 100 in AP_THRESHOLDS


def test_below_one_half_partners_are_shared_out_as_well_as_possible():
    # B overlaps 2 most, but 1 overlaps only B; taken in order, A would take 1 and B would be left with 2 at 0.2.
    true = np.array([[1, 1, 1, 1, 2, 2, 2, 2, 2, 2]])
    pred = np.array([[0, 3, 3, 3, 3, 3, 3, 4, 4, 0]])
    # IoU: 1-3 3/7, 2-3 3/9, 2-4 2/6.
    assert match(true, pred, iou=0.3) == MatchCounts(2, 0, 0, pytest.approx(3 / 7 + 2 / 6))
    assert match(true, pred, iou=0.4) == MatchCounts(1, 1, 1, pytest.approx(3 / 7))
    # Greedy by IoU would take 1-3 and leave 2 alone; two pairs are better than one.
    true = np.array([[1, 1, 1, 1, 2, 2, 2, 2, 2, 2]])
    pred = np.array([[4, 3, 3, 3, 3, 3, 0, 0, 0, 0]])
    # IoU: 1-3 3/6, 1-4 1/4, 2-3 2/9.
    assert match(true, pred, iou=0.2) == MatchCounts(2, 0, 0, pytest.approx(1 / 4 + 2 / 9))


def test_empty_and_full():
    empty, full = np.zeros((8, 8), np.int32), np.ones((8, 8), np.int32)
    for true, pred, score in ((empty, empty, 1), (full, full, 1), (full, empty, 0), (empty, full, 0)):
        assert average_precision(match(true, pred)) == mean_average_precision(region_overlaps(true, pred)) == score
        assert panoptic_quality(match(true, pred)) == (score, score, score)
        assert match(true, pred, iou=0.3) == match(true, pred)


@pytest.mark.parametrize("iou", [0.0, -0.5, 1.01, float("nan")])
def test_bad_threshold(iou):
    with pytest.raises(ValueError, match="threshold"):
        match(np.zeros((4, 4), int), np.zeros((4, 4), int), iou=iou)


@settings(deadline=None, max_examples=60)
@given(label_images, label_images)
def test_matching_is_the_best_of_all(true, pred):
    """All assignments of at most four particles, tried one by one."""
    table = iou_table(true, pred)
    square = np.zeros((4, 4))
    square[: table.shape[0], : table.shape[1]] = table
    for iou in (0.1, 0.3, 0.5, 0.7):
        chosen = np.where(square >= iou, square, 0)
        best = max((int((pairs > 0).sum()), float(pairs.sum())) for p in permutations(range(4))
                   for pairs in [chosen[range(4), p]])  # fmt: skip
        counts = match(true, pred, iou)
        assert (counts.true_positives, counts.iou_sum) == (best[0], pytest.approx(best[1]))


@settings(deadline=None, max_examples=40)
@given(label_images, label_images)
def test_properties(true, pred):
    overlaps, swapped = region_overlaps(true, pred), region_overlaps(pred, true)
    values = [average_precision(match_regions(overlaps, iou)) for iou in AP_THRESHOLDS]
    assert values == sorted(values, reverse=True)
    assert mean_average_precision(overlaps) == pytest.approx(sum(values) / 10)
    assert mean_average_precision(swapped) == mean_average_precision(overlaps)
    quality = panoptic_quality(match_regions(overlaps))
    assert quality.pq == quality.sq * quality.rq
    assert panoptic_quality(match_regions(swapped)) == pytest.approx(quality)
    assert mean_average_precision(region_overlaps(true, 7 * true)) == 1


def test_panoptic_quality_against_monai(scene):
    import torch
    from monai.metrics import PanopticQualityMetric

    for seed in (0, 2, 3, 4, 5):  # MONAI asks for IoU > 0.5; scene 1 has a pair of exactly 0.5
        true, pred = scene(seed)
        # (1, 2, H, W): instance numbers, and a map of the one class.
        images = [torch.from_numpy(np.stack([labels, labels > 0])[None].astype(np.int64)) for labels in (pred, true)]
        for name, ours in zip(("pq", "sq", "rq"), panoptic_quality(match(true, pred)), strict=True):
            metric = PanopticQualityMetric(num_classes=1, metric_name=name)
            metric(*images)
            assert float(metric.aggregate()) == pytest.approx(ours, abs=1e-5)
