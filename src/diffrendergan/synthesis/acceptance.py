"""Which synthetic images are good enough to train on, and which label regions count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_components

from diffrendergan.config.synthesis import SynthesisConfig

DARKEST = 0.5 / 255
"""Floor of the mean background in the contrast: half a grey level of 8 bits, so that the ratio stays finite."""


@dataclass(frozen=True)
class Acceptance:
    """Whether a synthetic image is accepted, and on what figures.

    `contrast` is None where there are no particles or no background. `reason` is empty if the image is accepted.
    """

    background_fraction: float
    contrast: float | None
    accepted: bool
    reason: str


def assess(image: NDArray[np.float32], labels: NDArray[np.int32], config: SynthesisConfig) -> Acceptance:
    """Judge a synthetic image by its share of background and its contrast.

    Parameters
    ----------
    image : float32 (H, W)
        Intensities in [0, 1].
    labels : int32 (H, W)
        Instances 1..k on background 0.
    config : SynthesisConfig
        `min_background` and `min_contrast`; both are met by equality.

    Returns
    -------
    Acceptance
        The fraction of background pixels, the ratio of mean particle to mean background intensity, the verdict.

    Raises
    ------
    ValueError
        If the two shapes differ.

    Source: Possart et al. 2025, Methods (contrast of at least 15 %), and the authors' code; METHOD §7.
    """
    if image.shape != labels.shape:
        raise ValueError(f"image {image.shape} and labels {labels.shape} differ in shape")
    background = labels == 0
    fraction = float(background.mean())
    if fraction == 1.0:
        return Acceptance(fraction, None, False, "no particle")
    if fraction == 0.0:
        return Acceptance(fraction, None, False, "no background")
    # In double precision: the sum of 65,536 float32 values would cost digits that decide borderline cases.
    bright = float(image[~background].mean(dtype=np.float64))
    dark = float(image[background].mean(dtype=np.float64))
    contrast = bright / max(dark, DARKEST)
    if not np.isfinite(contrast):
        return Acceptance(fraction, None, False, "intensities that are not finite")
    if fraction < config.min_background:
        reason = f"background {fraction:.3f} < {config.min_background:g}"
    elif contrast < config.min_contrast:
        reason = f"contrast {contrast:.3f} < {config.min_contrast:g}"
    else:
        reason = ""
    return Acceptance(fraction, contrast, not reason, reason)


def remove_small(labels: NDArray[np.int32], min_region_px: int) -> NDArray[np.int32]:
    """Remove small label regions and renumber what is left.

    A region is a 4-connected part of one instance. Regions of fewer than `min_region_px` pixels become background;
    an instance that an occluder cuts into several large parts stays one instance. The instances left are numbered
    1..k in the order of their old identifiers.

    Parameters
    ----------
    labels : int32 (H, W)
        Instances on background 0; identifiers may have gaps.
    min_region_px : int
        Smallest region kept [px].

    Returns
    -------
    int32 (H, W)
        A new array.
    """
    labels = np.asarray(labels, dtype=np.int32)
    regions = connected_components(labels, connectivity=1, background=0)
    sizes = np.bincount(regions.ravel())
    kept = np.where(sizes[regions] >= min_region_px, labels, 0)
    values, order = np.unique(kept, return_inverse=True)
    # Without background the smallest identifier is a particle and must not become 0.
    first = 0 if values[0] == 0 else 1
    return (order.reshape(labels.shape) + first).astype(np.int32)
