"""Classical segmentations to compare with: what a network does not beat, it need not be trained for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_li, threshold_otsu
from skimage.measure import label

from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.instances import Decoding, split_by_depth

SMOOTHING_PX = 1.0
"""Standard deviation of the Gaussian before the threshold [px]."""

Baseline = Literal["otsu", "li"]

THRESHOLDS: dict[Baseline, Callable[[NDArray[np.float32]], float]] = {"otsu": threshold_otsu, "li": threshold_li}
"""Otsu 1979: least variance within the two classes. Li and Lee 1993: least cross-entropy."""


def classical(
    method: Baseline,
    pixels: NDArray[np.float32],
    foreground: Literal["bright", "dark"],
    min_region_px: int,
    field: NDArray[np.bool_] | None = None,
) -> dict[Decoding, NDArray[np.int32]]:
    """Segment by a global threshold after light smoothing, with holes filled.

    Parameters
    ----------
    method
        Which threshold.
    pixels : float32 (H, W)
        Intensities in [0, 1].
    foreground
        Whether particles are brighter or darker than the background.
    min_region_px
        Smaller regions are dropped [px].
    field : bool (H, W) or None
        What of the image was recorded: the threshold is found there, and there alone are particles.

    Returns
    -------
    dict
        Label images int32 (H, W): `components` (4-connected) and `watershed` (of the distance transform).
    """
    smooth = ndimage.gaussian_filter(pixels, SMOOTHING_PX)
    inside = smooth if field is None else smooth[field]
    if inside.min() == inside.max():
        empty = np.zeros(pixels.shape, np.int32)
        return {"components": empty, "watershed": empty}
    threshold = THRESHOLDS[method](inside)
    mask = ndimage.binary_fill_holes(smooth > threshold if foreground == "bright" else smooth < threshold)
    mask = mask if field is None else mask & field
    return {
        "components": drop_small(label(mask, connectivity=1), min_region_px),
        "watershed": split_by_depth(mask, mask, min_region_px),
    }
