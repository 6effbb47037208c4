"""What evaluation leaves for the eye and for other programs: overlays and label images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import atomic_path

TRUE_POSITIVE = (0.10, 0.75, 0.20)
FALSE_POSITIVE = (0.95, 0.10, 0.10)
FALSE_NEGATIVE = (0.15, 0.35, 1.00)
"""Colours as in the paper's figures."""
OPACITY = 0.45
MOST_LABELS = np.iinfo(np.uint16).max


def overlay(
    pixels: NDArray[np.float32], predicted: NDArray[np.int32], true: NDArray[np.int32] | None
) -> NDArray[np.uint8]:
    """Return the scan with the prediction on it.

    Pixels found are green, invented ones red, missed ones blue; without annotation all predicted ones are green. The
    outlines of the predicted particles are white.

    Parameters
    ----------
    pixels : float32 (H, W)
        Intensities in [0, 1].
    predicted, true : int32 (H, W)
        Label images.

    Returns
    -------
    uint8 (H, W, 3)
    """
    found = predicted > 0
    annotated = found if true is None else true > 0
    colours = np.repeat(np.clip(pixels, 0, 1)[..., None], 3, axis=2)
    for where, colour in (
        (found & annotated, TRUE_POSITIVE),
        (found & ~annotated, FALSE_POSITIVE),
        (~found & annotated, FALSE_NEGATIVE),
    ):
        colours[where] = (1 - OPACITY) * colours[where] + OPACITY * np.array(colour, np.float32)
    colours[find_boundaries(predicted, connectivity=1, mode="inner")] = 1.0
    return np.rint(colours * 255).astype(np.uint8)


def write_labels(path: Path, labels: NDArray[np.int32], pixel_size_nm: float | None) -> None:
    """Write a label image as 16-bit TIFF, atomically.

    A known pixel size is written twice: as resolution in pixels per centimetre, which image programs read, and as
    `pixel_size_nm` in the JSON description. An unknown one is not written at all.

    Raises
    ------
    DataError
        If there are more labels than 16 bits hold.
    """
    if labels.max(initial=0) > MOST_LABELS:
        raise DataError(f"{path} would hold {labels.max()} particles, but 16 bits number only {MOST_LABELS}.")
    with atomic_path(path) as temporary:
        if pixel_size_nm is None:
            tifffile.imwrite(temporary, labels.astype(np.uint16), compression="zlib")
        else:
            per_centimetre = 1e7 / pixel_size_nm
            tifffile.imwrite(
                temporary,
                labels.astype(np.uint16),
                compression="zlib",
                resolution=(per_centimetre, per_centimetre),
                resolutionunit="CENTIMETER",
                metadata={"pixel_size_nm": pixel_size_nm},
            )
