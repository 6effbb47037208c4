"""Which emission model a material has, and taking materials apart by it."""

from __future__ import annotations

import importlib
from functools import cache

from diffrendergan.config.material import Material
from diffrendergan.rendering import materials
from diffrendergan.rendering.separation import Emission, Separation, taken_apart


@cache
def emission_of(model: str) -> Emission:
    """Return the emission model of a name: that of the module `rendering.materials.NAME`."""
    emission: Emission = importlib.import_module(f"{materials.__name__}.{model}").EMISSION
    return emission


def separate(material: Material, roughness_knots: int, gloss_knots: int = 8) -> Separation:
    """Take a material apart, with everything that the configuration fixes folded into as few images as possible.

    Parameters
    ----------
    material : Material
        Fixed and learned parameters.
    roughness_knots, gloss_knots : int
        Knots of the specular lobe and of the clearcoat, where what they depend on is learned.

    Raises
    ------
    ValueError
        If the material does not separate (`choice.reasons_against_transport`).
    """
    emission = emission_of(material.model)
    reasons = emission.against_transport(material, "flat")
    if reasons:
        raise ValueError(f"{reasons[0]}: such a material does not separate")
    return taken_apart(emission, material, roughness_knots, gloss_knots)
