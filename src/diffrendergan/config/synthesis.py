"""Configuration of the annotated synthetic images."""

from __future__ import annotations

from typing import Literal

from diffrendergan.config.base import Count, CountOrNone, Fraction, Positive, Section


class SynthesisConfig(Section):
    """Annotated synthetic images (METHOD §7)."""

    images: Count = 1000
    min_background: Fraction = 0.15
    """Least fraction of background pixels."""
    min_contrast: Positive = 1.15
    """Least ratio of mean particle to mean background intensity; the other way round if `data.foreground` is dark."""
    min_region_px: CountOrNone = 50
    """Label regions smaller than this are removed [px]."""
    contour_width_px: Count = 1
    """Width of the contour class [px]."""
    max_attempts: Count = 50
    """Rejected draws after which an image is given up with an error."""
    amodal: bool = False
    """Also write `amodal/`: the full silhouette of each instance, where others hide it, too."""
    formats: tuple[Literal["nnunet", "coco"], ...] = ()
    """Further formats to write."""
