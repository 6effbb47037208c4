"""Which synthetic images are good enough to train on, and which label regions count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_components

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
