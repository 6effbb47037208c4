"""Configuration of a material: Mitsuba's `principled` BSDF, another emission model, or one that absorbs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from diffrendergan.config.base import (
    DefaultTag,
    Learned,
    NonNegativeParameter,
    Parameter,
    PositiveParameter,
    Section,
    UnitParameter,
    fixed_at,
)


def _at_most_three(value: float | Learned) -> float | Learned:
    low, high = value.learn if isinstance(value, Learned) else (value, value)
    if low < 0 or high > 3:
        raise ValueError(f"it lies between 0 and 3, got {low:g}" + (f" to {high:g}" if high != low else ""))
    return value


class MaterialSection(Section):
    """The parameters of a material, each fixed, or learned with `{learn: [low, high]}`."""

    def learned(self) -> dict[str, Learned]:
        """Return the learned parameters by name, in the order of the fields."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> MaterialSection:
        for name in self.learned():
            reason = self.why_without_effect(name)
            if reason is not None:
                raise ValueError(
                    f"{name} cannot be learned, because it cannot change the image: {reason}; give it a number"
                )
        return self


class MaterialConfig(MaterialSection):
    """A Mitsuba `principled` BSDF; each value fixed, or learned with `{learn: [low, high]}`."""

    model: Literal["principled"] = "principled"
    """The emission model; it need not be named."""
    base_color: NonNegativeParameter = 0.5
    roughness: NonNegativeParameter = 0.5
    specular: UnitParameter = 0.5
    """Sets the index of refraction; at 0 there is no specular lobe. Learned, it needs the `mitsuba` renderer."""
    spec_tint: NonNegativeParameter = 0.0
    """In one channel it only mixes the exact Fresnel term with Schlick's."""
    sheen: NonNegativeParameter = 0.0
    sheen_tint: NonNegativeParameter = 0.0
    """In one channel it changes nothing, so it cannot be learned."""
    metallic: UnitParameter = 0.0
    """Share of a metal: no diffuse part, reflection coloured by `base_color`."""
    flatness: UnitParameter = 0.0
    """Blends the diffuse part with an approximation of subsurface scattering."""
    clearcoat: NonNegativeParameter = 0.0
    """Weight of a second, narrow specular lobe."""
    clearcoat_gloss: UnitParameter = 0.0
    """Narrows the clearcoat from a GTR1 width of 0.1 (at 0) to 0.001 (at 1)."""
    anisotropic: UnitParameter = 0.0
    """Stretches the specular lobe along the surface; needs the `mitsuba` renderer."""
    spec_trans: UnitParameter = 0.0
    """Share of light that is refracted into the particle; needs the `mitsuba` renderer."""

    @model_serializer(mode="wrap")
    def _without_the_usual_model(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the model out, so that what is recorded of older runs stays true."""
        values: dict[str, Any] = handler(self)
        return {name: value for name, value in values.items() if name != "model"}

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        if name == "sheen_tint":
            return "in one channel the tint colour is 1"
        if name == "clearcoat_gloss" and fixed_at(self.clearcoat, 0):
            return "clearcoat is 0"
        # Mitsuba keeps a faint lobe at specular 0 where light may be refracted.
        dark = fixed_at(self.specular, 0) and fixed_at(self.spec_trans, 0)
        no_lobe = "specular is 0, so there is no specular lobe" if dark else None
        metal = "metallic is 1, so there is no dielectric part" if fixed_at(self.metallic, 1) else None
        glass = "spec_trans is 1, so there is no diffuse part" if fixed_at(self.spec_trans, 1) else None
        black = "base_color is 0" if fixed_at(self.base_color, 0) else None
        no_diffuse = metal or glass or black
        no_metal = "metallic is 0, so no reflection is coloured" if fixed_at(self.metallic, 0) else None
        # Light that is refracted into a particle does not come out again under direct light.
        reasons = {
            "base_color": _both(metal or glass, no_lobe or no_metal),
            "roughness": _both(no_diffuse, no_lobe),
            "specular": metal,
            "spec_tint": no_lobe or metal,
            "sheen": metal,
            "flatness": no_diffuse,
            "anisotropic": no_lobe,
            "spec_trans": metal or black,
        }
        return reasons.get(name)


class SecondaryElectronsConfig(MaterialSection):
    """Secondary electrons: a yield that rises with tilt as cos^−k, so that rims glow, over a matt base."""

    model: Literal["secondary_electrons"] = "secondary_electrons"
    """The emission model; it has to be named."""
    base: NonNegativeParameter = 0.1
    """Brightness that does not depend on the tilt, as a share of the light that arrives."""
    electron_yield: NonNegativeParameter = 0.3
    """What a surface that faces the camera adds to the base."""
    tilt_exponent: Annotated[Parameter, AfterValidator(_at_most_three)] = 1.0
    """The k of cos^−k, from 0 to 3."""

    edge_yield: Parameter = 0.0
    """What a surface adds where hardly anything lies under it; below 0 thin parts are dark. It falls as exp(−t/length)
    with the way t of the beam through the particle that it meets."""
    edge_length: PositiveParameter = 0.05
    """The length of that fall: how deep electrons come from [scene units]."""
    sky: UnitParameter = 0.0
    """Share of the electrons that are collected from everywhere above, not as the lights stand: valleys are dark."""
    side: UnitParameter = 0.0
    """How far that collection leans to one side: at 1 nothing comes from the horizon of the other."""
    azimuth_deg: Parameter = 0.0
    """The side: 0 is to the right, 90 is up [degrees]."""

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave later fields out where they do nothing, so that what is recorded of older runs stays true."""
        values: dict[str, Any] = handler(self)
        later = ("edge_yield", "edge_length", "sky", "side", "azimuth_deg")
        usual = {name: type(self).model_fields[name].default for name in later}
        return {name: value for name, value in values.items() if name not in later or value != usual[name]}

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        needs = {
            "tilt_exponent": ("electron_yield",),
            "edge_length": ("edge_yield",),
            "side": ("sky",),
            "azimuth_deg": ("sky", "side"),
        }
        missing = [other for other in needs.get(name, ()) if fixed_at(getattr(self, other), 0)]
        return f"{missing[0]} is 0" if missing else None


class AbsorptionConfig(MaterialSection):
    """Matter that a beam passes, and that weakens it: for images in transmission (`docs/rendering.md`)."""

    model: Literal["absorption"] = "absorption"
    """The model; it has to be named."""
    mu: PositiveParameter = 1.5
    """How strongly it absorbs: exp(−mu) of the beam passes the diameter of a particle of size 1; half the thickness
    counts as half of mu."""
    spread: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of mu over the particles: crystals of another orientation diffract
    more."""
    bend: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of mu within a particle, along smooth bands: bend contours."""

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image: each does."""
        return None


class ReliefConfig(MaterialSection):
    """A body that a tip feels: for height images (`docs/rendering.md`)."""

    model: Literal["relief"] = "relief"
    """The model; it has to be named."""
    height: PositiveParameter = 0.3
    """Grey values that a height of one diameter makes, that of a particle of size 1: the range of heights of the scans,
    and how flat bodies lie."""
    spread: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of `height` over the particles: some are flatter than others."""

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image: each does."""
        return None


class PhaseConfig(MaterialSection):
    """What a section shows of a body: for slices of tomograms and cuts (`docs/rendering.md`)."""

    model: Literal["phase"] = "phase"
    """The model; it has to be named."""
    grey: UnitParameter = 0.7
    """Its grey value, in units of full scale."""
    spread: NonNegativeParameter = 0.0
    """Standard deviation of the grey value over the particles, in units of full scale."""

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image: each does."""
        return None


Material = Annotated[
    Annotated[MaterialConfig, Tag("principled")]
    | Annotated[SecondaryElectronsConfig, Tag("secondary_electrons")]
    | Annotated[AbsorptionConfig, Tag("absorption")]
    | Annotated[ReliefConfig, Tag("relief")]
    | Annotated[PhaseConfig, Tag("phase")],
    Field(discriminator=Discriminator(DefaultTag("model", "principled"))),
]
"""A material of any model: `principled` where none is named."""


def _both(first: str | None, second: str | None) -> str | None:
    """Return two reasons that only count together."""
    return f"{first}, and {second}" if first and second else None
