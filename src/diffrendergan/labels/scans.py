"""Label images that were given as scans."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph

MOST_REGIONS = 0.01
"""Regions of equal values a pixel: noise makes a third and more of the pixels of a scan regions of their own."""
MOST_VALUES = 0.02
"""Different values a pixel."""
WINDOW_PX = 512
"""Edge of the middle part that is looked at."""


def is_label_image(values: NDArray[np.generic]) -> bool:
    """Tell whether an image (H, W) is made of flat regions only, with no noise anywhere."""
    height, width = values.shape
    top, left = max(0, (height - WINDOW_PX) // 2), max(0, (width - WINDOW_PX) // 2)
    window = values[top : top + WINDOW_PX, left : left + WINDOW_PX]
    found, index = np.unique(window, return_inverse=True)
    if not 2 < len(found) <= max(3, MOST_VALUES * window.size):
        return False
    regions = label(index.reshape(window.shape), connectivity=1, background=-1)
    return int(regions.max()) <= MOST_REGIONS * window.size


def label_image_doubts(scan: Micrograph) -> tuple[str, ...]:
    """Say that a scan to be measured looks like a label image; nothing if it does not."""
    if not is_label_image(scan.pixels):
        return ()
    return (
        "it looks like a label image: flat regions of a few values, without any noise; give the grey scan that it "
        "belongs to (are the folders of scans and label images exchanged?)",
    )


def refuse_label_images(scans: Iterable[Micrograph]) -> None:
    """Raise a DataError if one of the scans is a label image."""
    for scan in scans:
        if is_label_image(scan.pixels):
            raise DataError(
                f"{scan.source} consists of flat regions of a few values, as a label image does, and is no scan; name "
                "the folder of the grey scans (are the folders of scans and label images exchanged?), or remove it."
            )
