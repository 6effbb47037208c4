"""Scores of a predicted segmentation against an annotated one, as pure functions.

Label images are integer arrays with 0 for background and one number per instance; a region is all pixels of one
number, connected or not. Two empty images agree: every score in [0, 1] is then 1. If exactly one of them is empty,
each is 0. docs/scores.md says when each of them misleads.

Source: METHOD §8; Possart et al. 2025, Methods; the modules imported here name the papers of the scores.
"""

from __future__ import annotations

from typing import NamedTuple

from diffrendergan.labels.overlap import (
    Labels,
    aggregated_jaccard,
    dice,
    foreground_iou,
    iou_table,
    region_overlaps,
)
from diffrendergan.metrics.boundary import boundary_f1
from diffrendergan.metrics.matching import (
    MatchCounts,
    PanopticQuality,
    average_precision,
    match,
    match_regions,
    mean_average_precision,
    panoptic_quality,
)
from diffrendergan.metrics.sizes import diameter_distance, relative_count_error

__all__ = [
    "Labels",
    "MatchCounts",
    "PanopticQuality",
    "ScanScores",
    "average_precision",
    "dice",
    "foreground_iou",
    "iou_table",
    "match",
    "panoptic_quality",
    "score_scan",
]


class ScanScores(NamedTuple):
    """All scores of one scan. Those that can be None are None by default: not known."""

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
    ap: float | None = None
    """TP / (TP + FP + FN), averaged over the thresholds IoU ≥ 0.5, 0.55, … 0.95."""
    aji: float | None = None
    """Aggregated Jaccard index of the instances."""
    boundary_f1: float | None = None
    """F1 score of the foreground's outline, within 2 px."""
    count_error: int | None = None
    """Predicted minus annotated particles."""
    relative_count_error: float | None = None
    """The same over the annotated particles; None where there is none."""
    diameter_distance_px: float | None = None
    """Wasserstein-1 distance of the equivalent circular diameters [px]; None where a side has no particle."""
    diameter_distance_nm: float | None = None
    """The same [nm]; None also where the pixel size is unknown."""


def score_scan(labels_true: Labels, labels_pred: Labels, pixel_size_nm: float | None = None) -> ScanScores:
    """Score a predicted label image against the annotated one.

    Parameters
    ----------
    labels_true, labels_pred
        Label images (H, W) of equal shape.
    pixel_size_nm
        Edge of a pixel [nm]; None if unknown.

    Raises
    ------
    ValueError
        If the shapes differ, a number is negative, or the pixel size is not positive.
    """
    if pixel_size_nm is not None and not pixel_size_nm > 0:
        raise ValueError(f"the pixel size must be positive, got {pixel_size_nm}")
    overlaps = region_overlaps(labels_true, labels_pred)
    n_true, n_pred = len(overlaps.true_areas), len(overlaps.pred_areas)
    counts = match_regions(overlaps, iou=0.5)
    quality = panoptic_quality(counts)
    distance = diameter_distance(overlaps.true_areas, overlaps.pred_areas)
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
        ap=mean_average_precision(overlaps),
        aji=aggregated_jaccard(overlaps),
        boundary_f1=boundary_f1(labels_pred, labels_true),
        count_error=n_pred - n_true,
        relative_count_error=relative_count_error(n_true, n_pred),
        diameter_distance_px=distance,
        diameter_distance_nm=None if distance is None or pixel_size_nm is None else distance * pixel_size_nm,
    )
