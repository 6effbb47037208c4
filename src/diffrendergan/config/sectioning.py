"""Configuration of sections: where the scene is cut, and what lies between the particles."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from diffrendergan.config.base import Learned, NonNegative, Samples, Section, UnitParameter, rising

LEARNABLE = ("matrix",)
"""What can be learned of it, in the order of θ's columns."""


class SectionConfig(Section):
    """A plane that cuts the arrangement (`docs/rendering.md`); materials say how grey particles are there."""

    heights: Annotated[tuple[float, float], AfterValidator(rising)] = (0.5, 2.0)
    """Lowest and highest place of the plane over the plane of focus; each arrangement has its own between [unit]."""
    thickness: NonNegative = 0.1
    """Thickness of the slice, over which what is in it is averaged [unit]; 0 is a cut."""
    matrix: UnitParameter = 0.2
    """Grey value of what lies between the particles, in units of full scale."""
    pixel_rays: Samples = 8
    """Places in each pixel at which is looked what fills it."""

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name, in the order of θ's columns."""
        values = {name: getattr(self, name) for name in LEARNABLE}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}
