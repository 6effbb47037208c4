"""Configuration of images in transmission: the beam, and what is collected of it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from diffrendergan.config.base import (
    Learned,
    NonNegativeParameter,
    Parameter,
    Samples,
    Section,
    UnitParameter,
    fixed_at,
)

LEARNABLE = ("beam", "defocus_px", "fringe_px", "film")
"""What can be learned of it, in the order of θ's columns."""
WIDEST_FRINGE_PX = 6.0
"""Fringes may be so wide [px]: it sets how far softened edges reach."""


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
    fringe_px: NonNegativeParameter = 0.0
    """How wide these fringes are, as the standard deviation of a Gaussian by which edges are softened for them [px]:
    waves that are not quite alike wash out finer ones. At most 6; 0 are edges as sharp as pixels."""
    film: UnitParameter = 0.05
    """Share of the beam that the support film scatters, in dark field over the flat ground."""
    pixel_rays: Samples = 8
    """Rays through each pixel along which the thickness of each particle is found."""

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name, in the order of θ's columns."""
        values = {name: getattr(self, name) for name in LEARNABLE}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}

    @property
    def widest_fringe_px(self) -> float:
        """The largest `fringe_px` that there can be [px]."""
        return self.fringe_px.learn[1] if isinstance(self.fringe_px, Learned) else self.fringe_px

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> TransmissionConfig:
        idle = ["film"] if self.field == "bright" else ["defocus_px", "fringe_px"]
        why = f"in {self.field} field"
        if self.field == "bright" and fixed_at(self.defocus_px, 0):
            idle, why = [*idle, "fringe_px"], "where defocus_px is 0"
        wrong = [name for name in idle if name in self.learned]
        if wrong:
            raise ValueError(
                f"{wrong[0]} cannot be learned, because it cannot change the image {why}; give it a number"
            )
        return self

    @model_validator(mode="after")
    def _fringes_are_narrow(self) -> TransmissionConfig:
        if self.widest_fringe_px > WIDEST_FRINGE_PX:
            raise ValueError(f"fringe_px is at most {WIDEST_FRINGE_PX:g}, got {self.widest_fringe_px:g}")
        return self
