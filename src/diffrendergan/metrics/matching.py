"""Particles matched one to one, and the scores that count them.

Sources: panoptic quality, Kirillov et al. 2019; average precision as TP / (TP + FP + FN), Caicedo et al. 2019 (Data
Science Bowl 2018); the averaged thresholds, Lin et al. 2014 (COCO).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from diffrendergan.labels.overlap import Labels, Overlaps, region_overlaps

AP_THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))
"""0.5, 0.55, … 0.95. Written as quotients, so that a pair of exactly this IoU meets its threshold."""


class MatchCounts(NamedTuple):
    """Instances matched one to one."""

    true_positives: int
    false_positives: int
    false_negatives: int
    iou_sum: float
    """Sum of the intersections over union of the matched pairs."""


class PanopticQuality(NamedTuple):
    """PQ = SQ · RQ at instance level."""

    pq: float
    sq: float
    """Segmentation quality: mean intersection over union of the matched pairs."""
    rq: float
    """Recognition quality: F1 score of the instances."""


def match(labels_true: Labels, labels_pred: Labels, iou: float = 0.5) -> MatchCounts:
    """Match true and predicted instances one to one at an intersection over union of at least `iou`.

    Parameters
    ----------
    labels_true, labels_pred
        Label images of equal shape.
    iou
        Threshold in (0, 1], met by equality.

    Raises
    ------
    ValueError
        If the shapes differ, a number is negative, or the threshold lies outside (0, 1].
    """
    return match_regions(region_overlaps(labels_true, labels_pred), iou)


def match_regions(overlaps: Overlaps, iou: float = 0.5, *, overlapping: bool = False) -> MatchCounts:
    """Match regions whose overlaps are known; of all matchings, one with the most pairs, then the largest sum of IoU.

    Above 0.5 an instance can have only one partner. At exactly 0.5 it can have two, and only in one way: it is the
    union of two instances of half its size, each wholly inside it. One of the two is then matched (the one with
    the lower number) and the other counts as missed, or as a false positive. So no choice of partners could match
    more, and taking pairs in order is enough. Below 0.5 partners compete, and the Hungarian method decides; so it does
    at any threshold where instances of one side may overlap (`overlapping`).

    Raises
    ------
    ValueError
        If the threshold lies outside (0, 1].
    """
    if not 0 < iou <= 1:
        raise ValueError(f"the IoU threshold must lie in (0, 1], got {iou}")
    ious = overlaps.ious
    candidates = np.flatnonzero(ious >= iou)
    pairs = _in_order(overlaps, candidates) if iou >= 0.5 and not overlapping else _assigned(overlaps, candidates)
    count = len(pairs)
    total = float(ious[pairs].sum())
    return MatchCounts(count, len(overlaps.pred_areas) - count, len(overlaps.true_areas) - count, total)


def average_precision(counts: MatchCounts) -> float:
    """Return TP / (TP + FP + FN), the "average precision" of the instance segmentation literature."""
    total = counts.true_positives + counts.false_positives + counts.false_negatives
    return counts.true_positives / total if total else 1.0


def mean_average_precision(overlaps: Overlaps, thresholds: Sequence[float] = AP_THRESHOLDS) -> float:
    """Return the mean of `average_precision` over IoU thresholds, by default 0.5, 0.55, … 0.95."""
    return float(np.mean([average_precision(match_regions(overlaps, iou)) for iou in thresholds]))


def panoptic_quality(counts: MatchCounts) -> PanopticQuality:
    """Return PQ, SQ and RQ of matched instances; without any match all three are 0."""
    tp, fp, fn, iou_sum = counts
    if tp + fp + fn == 0:
        return PanopticQuality(1.0, 1.0, 1.0)
    sq = iou_sum / tp if tp else 0.0
    rq = tp / (tp + 0.5 * fp + 0.5 * fn)
    return PanopticQuality(sq * rq, sq, rq)


def _in_order(overlaps: Overlaps, candidates: NDArray[np.intp]) -> list[int]:
    """Return the pairs of which neither side was taken before."""
    free_true, free_pred = np.ones(len(overlaps.true_areas), bool), np.ones(len(overlaps.pred_areas), bool)
    taken = []
    for pair in candidates.tolist():
        row, column = overlaps.rows[pair], overlaps.columns[pair]
        if free_true[row] and free_pred[column]:
            free_true[row] = free_pred[column] = False
            taken.append(pair)
    return taken


def _assigned(overlaps: Overlaps, candidates: NDArray[np.intp]) -> list[int]:
    """Return the pairs of an optimal assignment among the candidates."""
    if not len(candidates):
        return []
    trues, rows = np.unique(overlaps.rows[candidates], return_inverse=True)
    preds, columns = np.unique(overlaps.columns[candidates], return_inverse=True)
    gain = np.zeros((len(trues), len(preds)))
    # A pair more always outweighs the IoUs of all pairs, which together give less than 1.
    gain[rows, columns] = 1 + overlaps.ious[candidates] / (min(gain.shape) + 1)
    which = np.full(gain.shape, -1)
    which[rows, columns] = candidates
    chosen = which[linear_sum_assignment(gain, maximize=True)]
    return [int(pair) for pair in chosen if pair >= 0]
