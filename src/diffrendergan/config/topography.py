"""Configuration of height images: the tip, and what of particles counts as theirs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from diffrendergan.config.base import Learned, Parameter, Section

LEARNABLE = ("level",)
"""What can be learned of it, in the order of θ's columns."""


class TopographyConfig(Section):
    """What a tip feels of particles on a ground (`docs/rendering.md`); materials say what heights are as greys."""

    tip_radius_px: Annotated[float, Field(ge=0, le=200)] = 3.0
    """Radius of the ball at the end of the tip, at most 200 [px]; 0 is a cone with a point. Of known tips: radius in nm
    over the edge of a pixel."""
    tip_half_angle_deg: Annotated[float, Field(ge=0, le=75)] = 18.0
    """Angle between the axis of the tip and its flank: a cone that touches the ball [degrees]."""
    level: Parameter = 0.1
    """Grey value of the ground, in units of full scale. Over a ground that is a picture it does not show."""
    outlines: Literal["felt", "true"] = "felt"
    """Which pixels are a particle's. `felt`: where the tip is lifted to its half height or more, as one sees it, and as
    widths are measured. `true`: where the particle is, without what the tip adds; right if the tip is."""

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name, in the order of θ's columns."""
        values = {name: getattr(self, name) for name in LEARNABLE}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}
