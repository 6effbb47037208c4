"""Configuration of images in transmission: the beam, and what is collected of it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from diffrendergan.config.base import Count, Learned, NonNegativeParameter, Parameter, Section, UnitParameter

LEARNABLE = ("beam", "defocus_px", "film")
"""What can be learned of it, in the order of θ's columns."""


class TransmissionConfig(Section):
    """The beam that passes particles and film (`docs/rendering.md`); materials say how they absorb."""

    field: Literal["bright", "dark"] = "bright"
    """`bright`: what passes is collected, particles are dark. `dark`: what is scattered, particles are bright."""
    beam: NonNegativeParameter = 0.8
    """Brightness of the beam where nothing is in its way, in dark field that of a particle which lets nothing pass, in
    units of full scale. Over a ground that is a picture, only that of dark field shows."""
    defocus_px: Parameter = 0.0
    """Fresnel fringes at edges: the path by which the image is out of focus times how much faster waves run in the
    particles [px]. Above 0 (under focus) edges are bright outside and dark inside. In bright field alone."""
    film: UnitParameter = 0.05
    """Share of the beam that the support film scatters, in dark field over the flat ground."""
    pixel_rays: Count = 8
    """Rays through each pixel along which the thickness of each particle is found."""

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name, in the order of θ's columns."""
        values = {name: getattr(self, name) for name in LEARNABLE}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> TransmissionConfig:
        idle = "film" if self.field == "bright" else "defocus_px"
        if idle in self.learned:
            raise ValueError(
                f"{idle} cannot be learned, because it cannot change the image in {self.field} field; give it a number"
            )
        return self
