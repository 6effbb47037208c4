"""The numbers behind what rays from above find: in transmission, height images, sections (see docs/rendering.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TracedRules:
    """What decides how particles are followed by rays, felt by a tip, and cut."""

    before: float = 0.05
    """Rays start so far above the highest particle [scene units]: near, since floats tell short ways better."""
    after: float = -20.0
    """Rays end at this height [scene units]: below everything that is there, above what is absent."""
    outline: float = 0.5
    """In height images, a particle's outline lies where the tip stands at this share of its height, from its lowest to
    its highest point: widths are measured at half the height."""
    felt_rays: int = 4
    """Places in each pixel at which the surface is known that a tip feels: with one, steep flanks lie a quarter of a
    pixel too far inside, with four a tenth (measured on balls)."""
    level: float = 1e-3
    """Centres that differ in height by less than this lie in one plane [scene units]: rounding."""
    least_height_px: float = 1e-3
    """Lower than this the tip lies on the ground [px]: rounding."""
    thinnest: float = 1e-3
    """A cut is a slice of this thickness [scene units]: a two-hundredth of a particle."""
    least_share: float = 1e-3
    """Less of a pixel than this counts as nothing: rounding."""
    filled: float = 0.5
    """In sections, a pixel is that of the particle that fills more than this share of it."""


RULES = TracedRules()
