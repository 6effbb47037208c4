"""Scores of a predicted segmentation against an annotated one, as pure functions.

Label images are integer arrays with 0 for background and one number per instance; a region is all pixels of one
number, connected or not. Two empty images agree: every score is then 1. If exactly one of them is empty, every
score is 0.

Source: METHOD §8; Possart et al. 2025, Methods; panoptic quality after Kirillov et al. 2019.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]


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


class ScanScores(NamedTuple):
    """All scores of one scan."""

    dsc: float
    """Dice similarity coefficient of the foreground."""
    foreground_iou: float
    """Intersection over union of the foreground: what Table 1 of the paper lists as "PQ"."""
    ap50: float
    """TP / (TP + FP + FN) of the instances at IoU ≥ 0.5."""
    pq: float
    """Panoptic quality of the instances."""
    sq: float
    rq: float
    true_positives: int
    false_positives: int
    false_negatives: int


def dice(pred_fg: NDArray, true_fg: NDArray) -> float:
    """Return the Dice similarity coefficient of two foregrounds.

    Parameters
    ----------
    pred_fg, true_fg
        Arrays of equal shape; what is not 0 is foreground.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    intersection, pred_area, true_area = _areas(pred_fg, true_fg)
    total = pred_area + true_area
    return 2 * intersection / total if total else 1.0


def foreground_iou(pred_fg: NDArray, true_fg: NDArray) -> float:
    """Return the intersection over union of two foregrounds.

    It equals DSC / (2 - DSC), and the "PQ" in Table 1 of the paper (METHOD §8).

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    intersection, pred_area, true_area = _areas(pred_fg, true_fg)
    union = pred_area + true_area - intersection
    return intersection / union if union else 1.0


def match(labels_true: Labels, labels_pred: Labels, iou: float = 0.5) -> MatchCounts:
    """Match true and predicted instances one to one at an intersection over union of at least `iou`.

    Above 0.5 an instance can have only one partner. At exactly 0.5 it can have two, and only in one way: it is the
    union of two instances of half its size, each wholly inside it. One of the two is then matched (the one with
    the lower number) and the other counts as missed, or as a false positive. So no choice of partners could match
    more, which would not hold below 0.5.

    Parameters
    ----------
    labels_true, labels_pred
        Label images of equal shape.
    iou
        Threshold in [0.5, 1], met by equality.

    Raises
    ------
    ValueError
        If the shapes differ or the threshold lies outside [0.5, 1].
    """
    if not 0.5 <= iou <= 1:
        raise ValueError(f"the IoU threshold must lie in [0.5, 1], got {iou}")
    overlaps = iou_table(labels_true, labels_pred)
    n_true, n_pred = overlaps.shape
    free_true, free_pred = np.ones(n_true, bool), np.ones(n_pred, bool)
    count, total = 0, 0.0
    for row, column in np.argwhere(overlaps >= iou):
        if free_true[row] and free_pred[column]:
            free_true[row] = free_pred[column] = False
            count += 1
            total += float(overlaps[row, column])
    return MatchCounts(count, n_pred - count, n_true - count, total)


def average_precision(counts: MatchCounts) -> float:
    """Return TP / (TP + FP + FN), the "average precision" of the instance segmentation literature."""
    total = counts.true_positives + counts.false_positives + counts.false_negatives
    return counts.true_positives / total if total else 1.0


def panoptic_quality(counts: MatchCounts) -> PanopticQuality:
    """Return PQ, SQ and RQ of matched instances; without any match all three are 0."""
    tp, fp, fn, iou_sum = counts
    if tp + fp + fn == 0:
        return PanopticQuality(1.0, 1.0, 1.0)
    sq = iou_sum / tp if tp else 0.0
    rq = tp / (tp + 0.5 * fp + 0.5 * fn)
    return PanopticQuality(sq * rq, sq, rq)


def score_scan(labels_true: Labels, labels_pred: Labels) -> ScanScores:
    """Score a predicted label image against the annotated one.

    Parameters
    ----------
    labels_true, labels_pred
        Label images (H, W) of equal shape.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    counts = match(labels_true, labels_pred, iou=0.5)
    quality = panoptic_quality(counts)
    return ScanScores(
        dsc=dice(labels_pred, labels_true),
        foreground_iou=foreground_iou(labels_pred, labels_true),
        ap50=average_precision(counts),
        pq=quality.pq,
        sq=quality.sq,
        rq=quality.rq,
        true_positives=counts.true_positives,
        false_positives=counts.false_positives,
        false_negatives=counts.false_negatives,
    )


def iou_table(labels_true: Labels, labels_pred: Labels) -> NDArray[np.float64]:
    """Return the intersection over union of every true with every predicted instance.

    Returns
    -------
    NDArray[np.float64]
        (n_true, n_pred), in rising order of the label numbers.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check_shapes(labels_pred, labels_true)
    true_index, n_true = _consecutive(labels_true)
    pred_index, n_pred = _consecutive(labels_pred)
    pairs = np.bincount(true_index * (n_pred + 1) + pred_index, minlength=(n_true + 1) * (n_pred + 1))
    table = pairs.reshape(n_true + 1, n_pred + 1)
    intersection = table[1:, 1:]
    union = table.sum(axis=1)[1:, None] + table.sum(axis=0)[None, 1:] - intersection
    return intersection / np.maximum(union, 1)


def _consecutive(labels: Labels) -> tuple[NDArray[np.intp], int]:
    """Renumber flattened labels as 0 (background), 1..n and return them with n."""
    numbers, inverse = np.unique(np.asarray(labels).ravel(), return_inverse=True)
    if numbers.size and numbers[0] < 0:
        raise ValueError("labels must not be negative")
    if numbers.size and numbers[0] == 0:
        return inverse, len(numbers) - 1
    return inverse + 1, len(numbers)


def _areas(pred_fg: NDArray, true_fg: NDArray) -> tuple[int, int, int]:
    _check_shapes(pred_fg, true_fg)
    pred, true = np.asarray(pred_fg) != 0, np.asarray(true_fg) != 0
    return int(np.count_nonzero(pred & true)), int(np.count_nonzero(pred)), int(np.count_nonzero(true))


def _check_shapes(pred: NDArray, true: NDArray) -> None:
    if np.shape(pred) != np.shape(true):
        raise ValueError(f"prediction and annotation differ in shape: {np.shape(pred)} and {np.shape(true)}")
