"""Which synthetic images are good enough to train on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.synthesis import SynthesisConfig

DARKEST = 0.5 / 255
"""Floor of the darker mean in the contrast: half a grey level of 8 bits, so that the ratio stays finite."""

Foreground = Literal["bright", "dark"]
"""Whether particles are brighter or darker than the background (`data.foreground`)."""


class Reason(Enum):
    """Why a draw is rejected; the value is how it is called in sentences."""

    PLACEMENT = "placement"
    NO_PARTICLE = "no particle"
    NO_BACKGROUND = "no background"
    BACKGROUND = "background"
    CONTRAST = "contrast"
    NOT_FINITE = "intensities that are not finite"


@dataclass(frozen=True)
class Acceptance:
    """The figures on which a synthetic image is accepted: its share of background, and its contrast."""

    background_fraction: float
    contrast: float


@dataclass(frozen=True)
class Rejection:
    """Why a draw is rejected, the figures or the cause in words, and the contrast if it was measured."""

    reason: Reason
    detail: str = ""
    contrast: float | None = None


def assess(
    image: NDArray[np.float32], labels: NDArray[np.int32], config: SynthesisConfig, foreground: Foreground = "bright"
) -> Acceptance | Rejection:
    """Judge a synthetic image by its share of background and its contrast.

    Parameters
    ----------
    image : float32 (H, W)
        Intensities in [0, 1].
    labels : int32 (H, W)
        Instances 1..k on background 0.
    config : SynthesisConfig
        `min_background` and `min_contrast`; both are met by equality.
    foreground : {"bright", "dark"}
        Which of the two has to be brighter: the contrast is the ratio of its mean intensity to that of the other.

    Returns
    -------
    Acceptance or Rejection
        The fraction of background pixels and the contrast, or why the image is rejected.

    Raises
    ------
    ValueError
        If the two shapes differ.

    Source: Possart et al. 2025, Methods (contrast of at least 15 %), and the authors' code; METHOD §7.
    """
    if image.shape != labels.shape:
        raise ValueError(f"image {image.shape} and labels {labels.shape} differ in shape")
    rejection = assess_labels(labels, config)
    if rejection is not None:
        return rejection
    background = labels == 0
    # In double precision: the sum of 65,536 float32 values would cost digits that decide borderline cases.
    particles, ground = (float(image[where].mean(dtype=np.float64)) for where in (~background, background))
    brighter, darker = (particles, ground) if foreground == "bright" else (ground, particles)
    contrast = brighter / max(darker, DARKEST)
    if not np.isfinite(contrast):
        return Rejection(Reason.NOT_FINITE)
    if contrast < config.min_contrast:
        return Rejection(Reason.CONTRAST, f"{contrast:.3f} < {config.min_contrast:g}", contrast)
    return Acceptance(float(background.mean()), contrast)


def assess_labels(labels: NDArray[np.int32], config: SynthesisConfig) -> Rejection | None:
    """Return why labels int32 (H, W) alone rule an image out, None if they do not."""
    fraction = float((labels == 0).mean())
    if fraction == 1.0:
        return Rejection(Reason.NO_PARTICLE)
    if fraction == 0.0:
        return Rejection(Reason.NO_BACKGROUND)
    if fraction < config.min_background:
        return Rejection(Reason.BACKGROUND, f"{fraction:.3f} < {config.min_background:g}")
    return None
