"""Text and scale bars that were drawn into a scan.

They are taken for what they are only where nothing measured looks so: a filled rectangle of one extreme value with
sharp edges, much longer than high, upright to the pixel, near the upper or lower border of the scan; and with it the
letters of the same value beside it. A scan without such a bar is left as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.micrographs.types import BoolImage

NEAR_BORDER = 0.25
"""Bars are drawn within this share of the rows from the upper or lower border."""
LEAST_ASPECT = 5.0
LEAST_LENGTH_PX, LEAST_ROWS = 20, 2
FILLED = 0.99
"""A bar fills its bounding box to this fraction."""
STEP_PX = 2
SHARP = 0.15
"""At `STEP_PX` from a bar, grey values differ from it by this fraction of the scan's range: particles are blurred."""
LETTERS_FAR = 0.12
"""Letters lie at most this share of the scan's larger side from the bar [px]."""
MARGIN_PX = 3
LARGEST = 0.05
"""What is drawn covers at most this share of the scan; more is none."""


def find_burnt_in(values: NDArray[np.generic], field: BoolImage) -> BoolImage | None:
    """Find text and scale bar within the field of a scan.

    Parameters
    ----------
    values : ndarray, shape (H, W)
        Numbers of the file, without the data bar.
    field : ndarray of bool, shape (H, W)
        True within the field.

    Returns
    -------
    ndarray of bool, shape (H, W), or None
        What is covered, with a margin; None where nothing is.
    """
    inside = values[field]
    low, high = np.percentile(inside.astype(np.float64), [1, 99])
    for extreme in (inside.max(), inside.min()):
        drawn = _drawn_at((values == extreme) & field, values, float(extreme), max(float(high - low), 1e-12))
        if drawn is not None and drawn.mean() <= LARGEST:
            return drawn
    return None


def _drawn_at(equal: BoolImage, values: NDArray[np.generic], value: float, spread: float) -> BoolImage | None:
    labels, count = ndimage.label(equal, np.ones((3, 3), int))
    if count == 0:
        return None
    boxes = ndimage.find_objects(labels)
    bars = [
        box for number, box in enumerate(boxes, 1)
        if _is_bar_like(box, labels.shape) and (labels[box] == number).mean() >= FILLED
        and _is_sharp(labels == number, values, value, spread)
    ]  # fmt: skip
    if not bars:
        return None
    reach = LETTERS_FAR * max(labels.shape)
    drawn = np.zeros(labels.shape, bool)
    for bar in bars:
        near = [box for box in boxes if _is_letter(box, bar) and _distance(box, bar) <= reach]
        for box in (bar, *near):
            drawn[tuple(slice(max(0, side.start - MARGIN_PX), side.stop + MARGIN_PX) for side in box)] = True
    return drawn


def _is_bar_like(box: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    rows, columns = (side.stop - side.start for side in box)
    middle = (box[0].start + box[0].stop) / 2 / shape[0]
    near = min(middle, 1 - middle) <= NEAR_BORDER
    inner = box[0].start > 0 and box[1].start > 0 and box[0].stop < shape[0] and box[1].stop < shape[1]
    return near and inner and rows >= LEAST_ROWS and columns >= max(LEAST_LENGTH_PX, LEAST_ASPECT * rows)


def _is_sharp(bar: BoolImage, values: NDArray[np.generic], value: float, spread: float) -> bool:
    ring = ndimage.binary_dilation(bar, np.ones((3, 3), bool), iterations=STEP_PX)
    ring &= ~ndimage.binary_dilation(bar, np.ones((3, 3), bool), iterations=STEP_PX - 1)
    jump = np.abs(values[ring].astype(np.float64) - value)
    return float(np.mean(jump >= SHARP * spread)) >= 0.9


def _is_letter(box: tuple[slice, ...], bar: tuple[slice, ...]) -> bool:
    """Tell whether a component has the size of a letter of the bar's writing."""
    rows, columns = (side.stop - side.start for side in box)
    return bool(box != bar and rows <= max(60, bar[1].stop - bar[1].start) and columns <= 60 and rows * columns >= 4)


def _distance(one: tuple[slice, ...], other: tuple[slice, ...]) -> float:
    gaps = [max(0, a.start - b.stop, b.start - a.stop) for a, b in zip(one, other, strict=True)]
    return float(np.hypot(*gaps))
