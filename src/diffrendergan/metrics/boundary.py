"""How well outlines of the foreground agree, within a tolerance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

from diffrendergan.labels.overlap import check_shapes

TOLERANCE_PX = 2.0
"""Outlines at most this far apart agree [px]."""


class BoundaryCounts(NamedTuple):
    """Outline pixels, and those with an outline pixel of the other side near by."""

    pred_near: int
    pred: int
    true_near: int
    true: int


def boundary_f1(pred_fg: NDArray, true_fg: NDArray, tolerance_px: float = TOLERANCE_PX) -> float:
    """Return the F1 score of the outlines of two foregrounds.

    Precision is the fraction of the predicted outline that lies within the tolerance of the true one, recall the
    fraction of the true outline within the tolerance of the predicted one.

    Parameters
    ----------
    pred_fg, true_fg
        Arrays (H, W) of equal shape; what is not 0 is foreground.
    tolerance_px
        Distance between pixel centres [px], met by equality.

    Returns
    -------
    float
        In [0, 1]. Where a side has no outline (an empty or a full image), 1 if both foregrounds are the same, else 0.

    Raises
    ------
    ValueError
        If the shapes differ or the tolerance is negative.

    Source: Csurka et al. 2013, there with a tolerance of 0.75 % of the image diagonal.
    """
    counts = boundary_counts(pred_fg, true_fg, tolerance_px)
    if not (counts.pred and counts.true):
        return float(np.array_equal(np.asarray(pred_fg) != 0, np.asarray(true_fg) != 0))
    precision, recall = counts.pred_near / counts.pred, counts.true_near / counts.true
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boundary_counts(pred_fg: NDArray, true_fg: NDArray, tolerance_px: float = TOLERANCE_PX) -> BoundaryCounts:
    """Count the outline pixels of both sides and those within the tolerance of the other side.

    Raises
    ------
    ValueError
        As `boundary_f1`.
    """
    check_shapes(pred_fg, true_fg)
    if not tolerance_px >= 0:
        raise ValueError(f"the tolerance must not be negative, got {tolerance_px}")
    pred, true = outline(pred_fg), outline(true_fg)
    return BoundaryCounts(
        pred_near=_near(pred, true, tolerance_px),
        pred=int(np.count_nonzero(pred)),
        true_near=_near(true, pred, tolerance_px),
        true=int(np.count_nonzero(true)),
    )


def outline(foreground: NDArray) -> NDArray[np.bool_]:
    """Return the foreground pixels with a background pixel above, below, left or right; the image edge is none."""
    mask = np.asarray(foreground) != 0
    return mask & ~binary_erosion(mask, border_value=1)


def _near(pixels: NDArray[np.bool_], others: NDArray[np.bool_], tolerance_px: float) -> int:
    if not others.any():
        return 0
    return int(np.count_nonzero(distance_transform_edt(~others)[pixels] <= tolerance_px))
