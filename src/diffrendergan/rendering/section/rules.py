"""The numbers behind sections. Shown in docs/rendering.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SectionRules:
    """What decides how a slice is looked at, and what of it is a particle's."""

    thinnest: float = 1e-3
    """A cut is a slice of this thickness [scene units]: a two-hundredth of a particle."""
    least_share: float = 1e-3
    """Less of a pixel counts as nothing: rounding."""
    filled: float = 0.5
    """A pixel is that of the particle that fills more than this share of it."""


RULES = SectionRules()
