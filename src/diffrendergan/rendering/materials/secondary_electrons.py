"""Secondary electrons: a yield that rises with tilt and where particles are thin, over a matt base.

A point whose normal makes the angle θi with the beam, where the beam runs t far through the particle, emits::

    base + electron_yield · max(cos θi, c)^−k + edge_yield · exp(−t/l)

in directions ωo as cos θo/π. What of it is collected is ∫ cos θo/π · D(ωo) dωo with::

    D = (1 − sky) · L(ωo) + sky · V(ωo) · (1 + side · ωo·d)

The lights L stand where the detector is: light that would arrive from there is electrons that get there. V is 1 where
nothing stands in the way upwards, and d points to the side, so that what is open is bright, and valleys are dark. d's
two components and ωo's are a sum of products; cos^−k and exp(−t/l) are tabulated at knots of k and l.

Source: H. Seiler, Secondary electron emission in the scanning electron microscope (1983): the yield grows as cos^−k θi
with k near 1, until the beam grazes the surface. L. Reimer, Scanning Electron Microscopy (1998), ch. 4 and 6: edges and
thin parts emit from both sides; surface tilt and shadow contrast of a detector at a side.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from diffrendergan.config.material import SecondaryElectronsConfig
from diffrendergan.rendering.polynomials import Factor
from diffrendergan.rendering.separation import Around, Emission, Kind, Product, Separation
from diffrendergan.rendering.splines import Table, even_table, log_table

LEAST_COSINE = 0.1
"""Where the beam grazes more than this (84°) the yield grows no more: electrons come from some depth."""

KNOTS = 10
"""Values of the tilt exponent at which images are traced, if it is learned: between them the spline is right to 1 % of
the value at the steepest and over the whole range of 0 to 3 (`tests/rendering/materials`)."""


LENGTH_KNOTS = 8
"""The same for the length of edges: right to 0.5 % of the yield over a range of 1 to 30."""

SOURCES = {"base": "base", "tilt": "electron_yield", "edge": "edge_yield"}
"""What emits, and how much."""


def _products(material: SecondaryElectronsConfig) -> list[Product]:
    leaning = (Factor("sky"), Factor("side"))
    products: list[Product] = []
    for source, amount in SOURCES.items():
        products.append((source, 0, 1.0, (Factor(amount), Factor("sky", "1-p"))))
        under_sky = f"{source} sky"
        products.append((under_sky, 0, 1.0, (Factor(amount), Factor("sky"))))
        products.append((under_sky, 1, 1.0, (Factor(amount), *leaning, Factor("azimuth_deg", "cos p"))))
        products.append((under_sky, 2, 1.0, (Factor(amount), *leaning, Factor("azimuth_deg", "sin p"))))
    return products


def _tables(material: SecondaryElectronsConfig, roughness_knots: int, gloss_knots: int) -> dict[Kind, Table]:
    tilt = even_table("tilt_exponent", material.tilt_exponent, KNOTS)
    edge = log_table("edge_length", material.edge_length, LENGTH_KNOTS)
    return {"tilt": tilt, "tilt sky": tilt, "edge": edge, "edge sky": edge}


def integrands(
    mi: ModuleType,
    separation: Separation,
    wi: Any,
    wo: Any,
    half: Any,
    arriving: object = None,
    around: Around | None = None,
) -> list[Any]:
    """Return the terms times cos θo; see `Emission`."""
    import drjit as dr

    lambert = wo.z / math.pi
    kinds = {row.kind.split()[0] for row in separation.rows}
    emitted: dict[str, list[Any]] = {"base": [1.0]}
    if "tilt" in kinds:
        log_cosine = dr.log(dr.maximum(wi.z, LEAST_COSINE))
        emitted["tilt"] = [dr.exp(-exponent * log_cosine) for exponent in separation.tables["tilt"].widths]
    if "edge" in kinds and around is not None:
        emitted["edge"] = [dr.exp(-around.chord / length) for length in separation.tables["edge"].widths]
    values: list[Any] = []
    for row in separation.rows:
        source = row.kind.split()[0]
        collected: Any = row.mixture[0]
        if row.kind != source and around is not None:
            # The image's right is the scene's −z, and up is −x.
            collected = collected - row.mixture[1] * around.towards.z - row.mixture[2] * around.towards.x
        share = collected * lambert
        values += [share * amount for amount in emitted[source]]
    return values


def _against_transport(material: SecondaryElectronsConfig, slab_normals: str) -> list[str]:
    return ["secondary electrons together with `slab_normals: authors`"] if slab_normals == "authors" else []


EMISSION = Emission(
    "secondary_electrons",
    {source + lit: 1 if lit == "" else 3 for lit in ("", " sky") for source in SOURCES},
    _products,
    _tables,
    integrands,
    under_sky=frozenset(f"{source} sky" for source in SOURCES),
    through=frozenset({"edge", "edge sky"}),
    matt=True,
    against_transport=_against_transport,
    against_mitsuba="Mitsuba has no BSDF of secondary electrons",
)
