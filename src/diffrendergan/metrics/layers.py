"""Scores of particles that may overlap, each with a mask of its own: those of label images, beside which they stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diffrendergan.labels.layers import Layers, layer_overlaps
from diffrendergan.metrics.matching import (
    AP_THRESHOLDS,
    average_precision,
    match_regions,
    panoptic_quality,
)


class LayerScores(NamedTuple):
    """How well whole particles are found; names as in `segmentation.ScanScores`."""

    ap50: float
    """TP / (TP + FP + FN) of the whole particles at IoU ≥ 0.5."""
    ap: float
    """The same, averaged over the thresholds IoU ≥ 0.5, 0.55, … 0.95."""
    pq: float
    sq: float
    rq: float
    true_positives: int
    false_positives: int
    false_negatives: int


def score_layers(true: Layers, pred: Layers) -> LayerScores:
    """Score predicted particles against the true ones; two empty images agree.

    Particles that overlap can have several partners above an IoU of 0.5, so that the matching is always the best one
    of all (Hungarian method).

    Raises
    ------
    ValueError
        If the images differ in shape.
    """
    overlaps = layer_overlaps(true, pred)
    counts = match_regions(overlaps, 0.5, overlapping=True)
    quality = panoptic_quality(counts)
    precisions = [average_precision(match_regions(overlaps, iou, overlapping=True)) for iou in AP_THRESHOLDS]
    return LayerScores(average_precision(counts), float(np.mean(precisions)), *quality, *counts[:3])
