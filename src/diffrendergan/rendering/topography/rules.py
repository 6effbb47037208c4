"""The numbers behind height images. Shown in docs/rendering.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TopographyRules:
    """What decides how a tip is laid over particles, and where their outlines lie."""

    outline: float = 0.5
    """A particle's outline lies where the tip stands at this share of its height, from its lowest to its highest point:
    widths in height images are measured at half the height."""
    pixel_rays: int = 4
    """Places in each pixel at which the surface is known that the tip feels: with one, steep flanks lie a quarter of a
    pixel too far inside, with four a tenth (measured on balls)."""
    level: float = 1e-3
    """Centres that differ in height by less than this lie in one plane [scene units]: rounding."""
    least_height_px: float = 1e-3
    """Lower than this the tip lies on the ground [px]: rounding."""


RULES = TopographyRules()
