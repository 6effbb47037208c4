"""The grey values that the generalist is shown: each image by itself, since nothing is known of its exposure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TAIL_PERCENT = 0.5
"""Brightest and darkest parts that do not count: sparks, letters, scale bars."""
MEAN, SPREAD = 0.5, 0.25
"""What `segmentation.unet.network.normalise` brings to zero and one."""


def standardised(image: NDArray[np.float32], field: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Return an image (H, W) whose grey values have a mean of .5 and a spread of .25.

    Parameters
    ----------
    image : float32 (H, W)
    field : bool (H, W), optional
        Where the scan is; the rest is left out of the figures.
    """
    inside = image if field is None else image[field]
    low, high = np.percentile(inside, [TAIL_PERCENT, 100 - TAIL_PERCENT])
    kept = np.clip(inside, low, high)
    scale = SPREAD / max(float(kept.std()), 1e-4)
    # Sparks may stand out of the range, but not so far that nothing else is seen.
    values = (np.clip(image, low - (high - low) / 2, high + (high - low) / 2) - float(kept.mean())) * scale + MEAN
    return values.astype(np.float32)
