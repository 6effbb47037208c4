"""Configuration of the optics: how wide the beam is, where."""

from __future__ import annotations

from diffrendergan.config.base import (
    Learned,
    NonNegativeParameter,
    Parameter,
    PositiveParameter,
    UnitParameter,
    fixed_at,
)
from diffrendergan.config.operator_section import OperatorSection


class DefocusConfig(OperatorSection):
    """Blur that grows with the distance from the plane in focus."""

    blur_per_unit: NonNegativeParameter = 0.0
    """Standard deviation of the blur for each scene unit above or below the focus [px]; 0 leaves it out."""
    focus_depth: Parameter = 0.0
    """How far below the particles' plane the focus lies [scene units]: 3 is the stage, negative is above."""

    @property
    def acts(self) -> bool:
        """Whether anything is blurred."""
        return not fixed_at(self.blur_per_unit, 0)


class AstigmatismConfig(OperatorSection):
    """A point spread that is wider along one direction than across it: a Gaussian of two widths."""

    along_px: NonNegativeParameter = 0.0
    """Standard deviation along the direction [px]."""
    across_px: NonNegativeParameter = 0.0
    """Standard deviation across the direction [px]; with both at 0 it is left out."""
    angle_deg: Parameter = 0.0
    """The direction: 0 is to the right, 90 is up [degrees]."""

    @property
    def acts(self) -> bool:
        """Whether anything is blurred."""
        return not (fixed_at(self.along_px, 0) and fixed_at(self.across_px, 0))

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        round_spread = not isinstance(self.along_px, Learned) and self.along_px == self.across_px
        return super().why_without_effect(name) or (
            "both widths are the same" if name == "angle_deg" and round_spread else None
        )


class SharpeningConfig(OperatorSection):
    """Edges that the microscope's filter, or its software, has made steeper: an unsharp mask."""

    amount: NonNegativeParameter = 0.0
    """Share that is added of the difference between the image and its blur; 0 leaves it out."""
    sigma_px: PositiveParameter = 1.0
    """Standard deviation of that blur [px]."""

    @property
    def acts(self) -> bool:
        """Whether anything is sharpened."""
        return not fixed_at(self.amount, 0)


class TailConfig(OperatorSection):
    """The wide part of the point spread: a share of the light arrives far from where it belongs."""

    weight: UnitParameter = 0.0
    """Share of the light in the tail; 0 leaves it out."""
    sigma_px: PositiveParameter = 8.0
    """Standard deviation of the tail, which comes on top of the core's, the blurs' above [px]."""

    @property
    def acts(self) -> bool:
        """Whether there is a tail."""
        return not fixed_at(self.weight, 0)
