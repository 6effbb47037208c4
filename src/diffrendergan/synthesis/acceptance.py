"""Which synthetic images are good enough to train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.learning import SynthesisConfig

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
