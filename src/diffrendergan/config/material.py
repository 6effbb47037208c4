"""Configuration of a material: Mitsuba's `principled` BSDF."""

from __future__ import annotations

from pydantic import model_validator

from diffrendergan.config.base import (
    Learned,
    NonNegativeParameter,
    Section,
    UnitParameter,
    fixed_at,
)


class MaterialConfig(Section):
    """A Mitsuba `principled` BSDF; each value fixed, or learned with `{learn: [low, high]}`."""

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

    def learned(self) -> dict[str, Learned]:
        """Return the learned parameters by name, in the order of the fields."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> MaterialConfig:
        for name in self.learned():
            reason = self._why_without_effect(name)
            if reason is not None:
                raise ValueError(
                    f"{name} cannot be learned, because it cannot change the image: {reason}; give it a number"
                )
        return self

    def _why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        if name == "sheen_tint":
            return "in one channel the tint colour is 1"
        if name == "clearcoat_gloss" and fixed_at(self.clearcoat, 0):
            return "clearcoat is 0"
        no_lobe = "specular is 0, so there is no specular lobe" if fixed_at(self.specular, 0) else None
        metal = "metallic is 1, so there is no dielectric part" if fixed_at(self.metallic, 1) else None
        glass = "spec_trans is 1, so there is no diffuse part" if fixed_at(self.spec_trans, 1) else None
        no_diffuse = metal or glass or ("base_color is 0" if fixed_at(self.base_color, 0) else None)
        no_metal = "metallic is 0" if fixed_at(self.metallic, 0) else None
        reasons = {
            "spec_tint": no_lobe or metal,
            "anisotropic": no_lobe,
            "sheen": metal or glass,
            "flatness": no_diffuse,
            "roughness": f"{no_diffuse}, and {no_lobe}" if no_diffuse and no_lobe else None,
            "base_color": f"{metal or glass}, and {no_lobe or no_metal}"
            if (metal or glass) and (no_lobe or no_metal) and fixed_at(self.spec_trans, 0)
            else None,
        }
        return reasons.get(name)
