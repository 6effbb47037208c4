"""The principled BSDF, taken apart into terms whose dependence on the material is known.

In one channel, without anisotropy and transmission, and under direct light, the radiance of a pixel that sees one
material is (`docs/rendering.md`)::

    (1−m)·c·[(1−f)·(T0 + r·T1 + r²·T2) + f·(S0 + r·S1 + r²·S2)] + (1−m)·sheen·T3
    + (1−m)(1−t)·F(r) + (1−m)·t·(R0·A(r) + (1−R0)·W(r)) + m·(c·A(r) + (1−c)·W(r)) + clearcoat/4·C(g)

with base colour c, roughness r, spec tint t, metallic m, flatness f and clearcoat gloss g. T and S hold no material at
all; F (exact Fresnel term), A (no Fresnel term) and W (Schlick's weight) depend on r alone, C on g alone: they are
tabulated at knots (`separation`).

Source: B. Burley, Physically-based shading at Disney (2012) and Extending the Disney BRDF (2015); Mitsuba's
`principled` plugin as documented.
"""

from __future__ import annotations

import math

import numpy as np

from diffrendergan.config.base import Learned, fixed_at
from diffrendergan.config.material import MaterialConfig
from diffrendergan.rendering.lobes import integrands, normal_reflectance
from diffrendergan.rendering.polynomials import Factor, Monomial
from diffrendergan.rendering.separation import Emission, Kind, Product, Separation
from diffrendergan.rendering.splines import Table, gloss_table, roughness_table

RAW_TERMS: dict[Kind, int] = {"smooth": 7, "lobe": 3, "coat": 1}
"""`smooth`: T0, T1, T2, S0, S1, S2, T3. `lobe`: F, A, W at each roughness knot. `coat`: C at each gloss knot."""

_BROADEST_LOBE = 0.5
"""Lobes broader than this (GGX α) are covered well by the cosine hemisphere."""
_LOBE_STRATEGIES = 5
_COAT_STRATEGIES = 3
"""Ways to draw a direction from lobes whose width varies."""
_NARROW = 0.1
"""A stage whose lobes are narrower than this (GGX α) mirrors particles sharply, however far off they are."""


def _products(material: MaterialConfig) -> list[Product]:
    """Return the BSDF as a sum of raw terms times numbers times factors; see the module's formula."""
    color, metal, tint, flat = (Factor(name) for name in ("base_color", "metallic", "spec_tint", "flatness"))
    not_color, not_metal, not_tint, not_flat = (Factor(f.parameter, "1-p") for f in (color, metal, tint, flat))
    powers: tuple[Monomial, ...] = ((), (Factor("roughness"),), (Factor("roughness", "p²"),))
    products: list[Product] = []
    for index, power in enumerate(powers):
        products.append(("smooth", index, 1.0, (not_metal, color, not_flat, *power)))
        products.append(("smooth", 3 + index, 1.0, (not_metal, color, flat, *power)))
    products.append(("smooth", 6, 1.0, (not_metal, Factor("sheen"))))
    products.append(("coat", 0, 0.25, (Factor("clearcoat"),)))
    specular = float(material.specular)  # type: ignore[arg-type]
    if specular == 0:  # Mitsuba leaves the whole lobe out where the exact Fresnel term is zero.
        return products
    reflectance = normal_reflectance(specular)
    products += [
        ("lobe", 0, 1.0, (not_metal, not_tint)),
        ("lobe", 1, reflectance, (not_metal, tint)),
        ("lobe", 2, 1 - reflectance, (not_metal, tint)),
        ("lobe", 1, 1.0, (metal, color)),
        ("lobe", 2, 1.0, (metal, not_color)),
    ]
    return products


def _tables(material: MaterialConfig, roughness_knots: int, gloss_knots: int) -> dict[Kind, Table]:
    return {
        "lobe": roughness_table(material.roughness, roughness_knots),
        "coat": gloss_table(material.clearcoat_gloss, gloss_knots),
    }


def _lobes(separation: Separation) -> list[float]:
    """Return widths that span the knots."""
    kinds = {row.kind for row in separation.rows}
    widths = separation.tables["lobe"].widths if "lobe" in kinds else (1.0,)
    narrow, broad = min(widths), min(_BROADEST_LOBE, max(widths))
    lobes: list[float] = []
    if narrow < _BROADEST_LOBE:
        lobes += _spread(narrow, max(broad, narrow), 1 if len(widths) == 1 else _LOBE_STRATEGIES)
    if "coat" in kinds:
        coats = separation.tables["coat"].widths
        lobes += _spread(min(coats), max(coats), 1 if len(coats) == 1 else _COAT_STRATEGIES)
    return lobes


def _spread(low: float, high: float, count: int) -> list[float]:
    return [float(width) for width in np.exp(np.linspace(math.log(low), math.log(high), count))]


def _sharp(separation: Separation) -> tuple[Kind, ...]:
    shines = {row.kind for row in separation.rows} - {"smooth"}
    narrow = shines and (min(separation.tables["lobe"].widths) < _NARROW or "coat" in shines)
    return ("lobe", "coat") if narrow else ()


def _against_transport(material: MaterialConfig, slab_normals: str) -> list[str]:
    reasons = [f"{name} is not 0" for name in ("anisotropic", "spec_trans") if not fixed_at(getattr(material, name), 0)]
    if isinstance(material.specular, Learned):
        reasons.append("specular is learned")
    if slab_normals == "authors" and not (fixed_at(material.metallic, 0) and fixed_at(material.clearcoat, 0)):
        reasons.append("metallic or clearcoat together with `slab_normals: authors`")
    return reasons


EMISSION = Emission("principled", RAW_TERMS, _products, _tables, integrands, _lobes, _sharp, _against_transport)
