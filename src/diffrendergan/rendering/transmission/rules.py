"""The numbers behind images in transmission. Shown in docs/rendering.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TransmissionRules:
    """What decides how a beam is followed through particles, and what bands a bent crystal shows."""

    least_chord: float = 1e-6
    """Shorter ways through a particle count as none [scene units]: rounding."""
    waves: int = 6
    """Waves that make up the bands of a bent crystal. With fewer they look like a grating; by looking."""
    band: float = 0.2
    """How far these bands stay alike, as a share of the diameter of a sphere around the particle. By looking at gold
    and silver particles in published images: two to four bands across one."""
    reach: float = 3.0
    """Edges are softened for fringes this many standard deviations away: three in a thousand lie farther out."""
    narrowest_px: float = 0.2
    """Softer by less counts as this [px]: on pixels it is the same as not at all."""
    clear: float = 1e-7
    """Least share of the beam that counts as passing a pixel: the derivative of a logarithm has no bound at 0."""


RULES = TransmissionRules()
