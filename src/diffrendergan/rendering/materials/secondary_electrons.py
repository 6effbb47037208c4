"""Secondary electrons: a yield that rises with tilt, so that rims glow, over a matt base.

A point whose normal makes the angle θi with the beam is as bright as::

    (base + electron_yield · max(cos θi, c)^−k) · ∫ cos θo / π · L(ωo) dωo

The lights L stand where the detector is: light that would arrive from there is electrons that get there, so that what
is open to the detector is bright, and valleys are dark. cos^−k is tabulated at knots of k, the tilt exponent.

Source: H. Seiler, Secondary electron emission in the scanning electron microscope (1983): the yield grows as cos^−k θi
with k near 1, until the beam grazes the surface.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from diffrendergan.config.material import SecondaryElectronsConfig
from diffrendergan.rendering.separation import Emission, Factor, Kind, Product, Separation
from diffrendergan.rendering.splines import Table, even_table

LEAST_COSINE = 0.1
"""Where the beam grazes more than this (84°) the yield grows no more: electrons come from some depth."""

KNOTS = 10
"""Values of the tilt exponent at which images are traced, if it is learned: between them the spline is right to 1 % of
the value at the steepest and over the whole range of 0 to 3 (`tests/rendering/materials`)."""


def _products(material: SecondaryElectronsConfig) -> list[Product]:
    return [("base", 0, 1.0, (Factor("base"),)), ("tilt", 0, 1.0, (Factor("electron_yield"),))]


def _tables(material: SecondaryElectronsConfig, roughness_knots: int, gloss_knots: int) -> dict[Kind, Table]:
    return {"tilt": even_table("tilt_exponent", material.tilt_exponent, KNOTS)}


def integrands(
    mi: ModuleType, separation: Separation, wi: Any, wo: Any, half: Any, arriving: object = None
) -> list[Any]:
    """Return the terms times cos θo; see `Emission`."""
    import drjit as dr

    lambert = wo.z / math.pi
    log_cosine = dr.log(dr.maximum(wi.z, LEAST_COSINE))
    values: list[Any] = []
    for row in separation.rows:
        share = row.mixture[0] * lambert
        if row.kind == "base":
            values.append(share)
        else:
            values += [share * dr.exp(-exponent * log_cosine) for exponent in separation.tables["tilt"].widths]
    return values


def _against_transport(material: SecondaryElectronsConfig, slab_normals: str) -> list[str]:
    return ["secondary electrons together with `slab_normals: authors`"] if slab_normals == "authors" else []


EMISSION = Emission(
    "secondary_electrons",
    {"base": 1, "tilt": 1},
    _products,
    _tables,
    integrands,
    against_transport=_against_transport,
    against_mitsuba="Mitsuba has no BSDF of secondary electrons",
)
