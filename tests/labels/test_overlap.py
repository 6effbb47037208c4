"""Foreground scores, overlaps of regions and the aggregated Jaccard index, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffrendergan.labels.overlap import aggregated_jaccard, dice, foreground_iou, iou_table, region_overlaps

label_images = arrays(np.int32, (6, 7), elements=st.integers(0, 4))


def aji(true, pred):
    return aggregated_jaccard(region_overlaps(true, pred))


def test_shifted_square(square):
    # 10 x 10 squares shifted by 2 columns share 80 of 120 pixels.
    true, pred = square(5, 5), square(5, 7)
    assert dice(pred, true) == pytest.approx(160 / 200)
    assert foreground_iou(pred, true) == pytest.approx(80 / 120)
    assert aji(true, pred) == pytest.approx(80 / 120)


def test_shifted_disks_follow_the_lens_formula(disk):
    # Two disks of radius r at distance d share 2r²·acos(d/2r) − d/2·√(4r²−d²).
    radius, shift = 20.0, 8.0
    lens = 2 * radius**2 * np.arccos(shift / (2 * radius)) - shift / 2 * np.sqrt(4 * radius**2 - shift**2)
    expected = lens / (2 * np.pi * radius**2 - lens)
    assert foreground_iou(disk(30, 34, radius), disk(30, 26, radius)) == pytest.approx(expected, abs=0.01)


def test_overlaps_are_counted_pair_by_pair(square):
    # Numbers with gaps; 9 overlaps both true squares by 3 x 10 and 2 x 10 pixels.
    true = square(0, 0, number=3) + square(0, 12, number=8)
    pred = np.zeros_like(true)
    pred[0:10, 7:14] = 9
    pred[20:22, 0:2] = 4
    overlaps = region_overlaps(true, pred)
    assert overlaps.true_areas.tolist() == [100, 100]
    assert overlaps.pred_areas.tolist() == [4, 70]
    assert (overlaps.rows.tolist(), overlaps.columns.tolist()) == ([0, 1], [1, 1])
    assert overlaps.shared.tolist() == [30, 20]
    assert iou_table(true, pred) == pytest.approx(np.array([[0, 30 / 140], [0, 20 / 150]]))


def test_aggregated_jaccard_of_a_merged_pair(square):
    # One predicted particle covers both: each true one takes it. (100 + 100) / (200 + 200).
    true = square(5, 5, number=1) + square(5, 15, number=2)
    assert aji(true, (true > 0).astype(int)) == pytest.approx(0.5)


def test_aggregated_jaccard_of_a_split_particle(square):
    # 60 and 40 of 100 pixels: the larger is taken, the smaller adds below. 60 / (100 + 40).
    pred = square(5, 5)
    pred[5:15, 11:15] = 2
    assert aji(square(5, 5), pred) == pytest.approx(60 / 140)


def test_aggregated_jaccard_of_missed_and_invented_particles(square):
    # 100 shared; 100 missed and 25 invented pixels add below.
    true = square(2, 2, number=1) + square(2, 20, number=2)
    pred = square(2, 2) + square(20, 20, edge=5, number=2)
    assert aji(true, pred) == pytest.approx(100 / 225)


@pytest.mark.parametrize("numbers", [(0, 1, 2), (0, 2, 1)])
def test_aggregated_jaccard_of_equal_partners(numbers):
    # The first true particle shares 2 of 5 pixels with both predicted ones and takes the one that begins first. The
    # second takes the other, with 1 of 4. So both are used, and the score is 3 / 9; otherwise it would be 3 / 12.
    true = np.array([[1, 1, 1, 1, 2, 2, 0]])
    pred = np.array([[1, 1, 2, 2, 2, 0, 1]])
    assert aji(true, np.array(numbers)[pred]) == pytest.approx(3 / 9)


def test_empty_and_full():
    empty, full = np.zeros((8, 8), np.int32), np.ones((8, 8), np.int32)
    for score in (dice, foreground_iou, aji):
        assert score(empty, empty) == score(full, full) == 1
        assert score(empty, full) == score(full, empty) == 0
    assert iou_table(empty, full).shape == (0, 1)


def test_bad_input():
    with pytest.raises(ValueError, match="differ in shape"):
        region_overlaps(np.zeros((4, 4), int), np.zeros((4, 5), int))
    with pytest.raises(ValueError, match="negative"):
        region_overlaps(np.full((4, 4), -1), np.zeros((4, 4), int))


@settings(deadline=None, max_examples=60)
@given(label_images, label_images, st.permutations(range(1, 5)), st.permutations(range(1, 5)))
def test_aggregated_jaccard_ignores_the_numbering(true, pred, first, second):
    value = aji(true, pred)
    assert 0 <= value <= 1
    assert value <= foreground_iou(pred, true) + 1e-12
    assert aji(np.array([0, *first])[true], 1000 * np.array([0, *second])[pred]) == value
    assert aji(true, true) == 1


def test_against_scikit_learn(scene):
    from sklearn.metrics import f1_score, jaccard_score

    for seed in range(5):
        true, pred = (labels.ravel() > 0 for labels in scene(seed))
        assert dice(pred, true) == pytest.approx(f1_score(true, pred))
        assert foreground_iou(pred, true) == pytest.approx(jaccard_score(true, pred))


def test_aggregated_jaccard_follows_the_published_algorithm(scene):
    """The slow, obvious way: Algorithm 1 of Kumar et al. 2017 with masks."""
    for seed in range(5):
        true, pred = scene(seed)
        trues = [true == number for number in np.unique(true[true > 0])]
        preds = [pred == number for number in np.unique(pred[pred > 0])]
        correct, union, used = 0, 0, set()
        for mask in trues:
            ious = [(mask & other).sum() / (mask | other).sum() for other in preds]
            best = int(np.argmax(ious))
            if ious[best] > 0:
                correct += (mask & preds[best]).sum()
                union += (mask | preds[best]).sum()
                used.add(best)
            else:
                union += mask.sum()
        union += sum(other.sum() for index, other in enumerate(preds) if index not in used)
        assert aji(true, pred) == pytest.approx(correct / union)
