"""The principled BSDF's separated terms at given directions, in Dr.Jit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from diffrendergan.rendering.separation import Around, Row, Separation

_COAT_REFLECTANCE = 0.04
_COAT_SHADOWING = 0.25
"""Constants of Mitsuba's clearcoat: Schlick's R0, and the GGX width of its shadowing term."""


def index_of_refraction(specular: float) -> float:
    """Return the index of refraction that Mitsuba derives from `specular`; 1 (no reflection) at zero."""
    return 2 / (1 - math.sqrt(0.08 * specular)) - 1


def normal_reflectance(specular: float) -> float:
    """Return Schlick's R0 of an index of refraction."""
    eta = index_of_refraction(specular)
    return ((eta - 1) / (eta + 1)) ** 2


def integrands(
    mi: ModuleType,
    separation: Separation,
    wi: Any,
    wo: Any,
    half: Any,
    arriving: Sequence[Any] | None = None,
    around: Around | None = None,
) -> list[Any]:
    """Return BSDF terms times cos θo, one for each integral of a separation.

    Parameters
    ----------
    mi : module
        Mitsuba, with its variant set.
    separation : Separation
        What to evaluate.
    wi, wo, half : mitsuba.Vector3f
        Directions to the camera and to the light and their half vector, in the local frame; both above the surface.
    arriving : sequence of mitsuba.Float, optional
        Factors for each roughness knot, where the light that counts depends on it (`authors_slab`). The smooth terms
        and the clearcoat take that of the middle knot.
    around : Around, optional
        Changes nothing here.

    Source: Burley 2012, 2015; Mitsuba's `principled` as documented.
    """
    kinds = {row.kind for row in separation.rows}
    factors = arriving or [1.0] * len(separation.tables["lobe"])
    middle = factors[len(factors) // 2]
    values: list[Any] = []
    smooth = [term * middle for term in _smooth(wi, wo, half)] if "smooth" in kinds else []
    fresnel = _fresnel_terms(mi, separation, wi, half) if "lobe" in kinds else []
    facets = [
        factor * _facet_lobe(mi, wi, wo, half, alpha)
        for factor, alpha in zip(factors, separation.tables["lobe"].widths, strict=True)
        if "lobe" in kinds
    ]
    coats = [middle * _coat_lobe(wi, wo, half, width) for width in separation.tables["coat"].widths if "coat" in kinds]
    for row in separation.rows:
        if row.kind == "smooth":
            values.append(_mix(row, smooth))
        elif row.kind == "lobe":
            values += [_mix(row, fresnel) * facet for facet in facets]
        else:
            values += [row.mixture[0] * coat for coat in coats]
    return values


def _mix(row: Row, terms: Sequence[Any]) -> Any:
    total: Any = 0.0
    for share, term in zip(row.mixture, terms, strict=True):
        if share != 0:
            total = total + (term if share == 1 else share * term)
    return total


def _smooth(wi: Any, wo: Any, half: Any) -> list[Any]:
    """Return T0, T1, T2, S0, S1, S2, T3 times cos θo."""
    import drjit as dr

    cos_i, cos_o, cos_d = wi.z, wo.z, dr.dot(half, wo)
    weight_i, weight_o, weight_d = (schlick_weight(cosine) for cosine in (cos_i, cos_o, cos_d))
    lambert = cos_o / math.pi
    product = weight_i * weight_o
    square = dr.square(cos_d)
    # Burley's flattened term 1.25·(Fss·(1/(cos θi + cos θo) − ½) + ½), with Fss a square polynomial in r.
    rest = 1.25 * (1 / (cos_i + cos_o) - 0.5) * lambert
    mixed = weight_i + weight_o - 2 * product
    return [
        (1 - 0.5 * weight_i) * (1 - 0.5 * weight_o) * lambert,
        2 * square * (weight_i + weight_o - product) * lambert,
        4 * dr.square(square) * product * lambert,
        (1 - weight_i) * (1 - weight_o) * rest + 0.625 * lambert,
        square * mixed * rest,
        dr.square(square) * product * rest,
        weight_d * cos_o,
    ]


def _fresnel_terms(mi: ModuleType, separation: Separation, wi: Any, half: Any) -> list[Any]:
    """Return the exact Fresnel term, 1 and Schlick's weight."""
    import drjit as dr

    cosine = dr.dot(wi, half)
    eta = index_of_refraction(float(separation.material.specular))  # type: ignore[union-attr,arg-type]
    return [mi.fresnel(cosine, eta)[0], mi.Float(1.0), schlick_weight(cosine)]


def _facet_lobe(mi: ModuleType, wi: Any, wo: Any, half: Any, alpha: float) -> Any:
    """Return D·G/(4 cos θi) of GGX facets."""
    import drjit as dr

    lobe = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, sample_visible=True)
    return lobe.eval(half) * lobe.G(wi, wo, half) * 0.25 / dr.maximum(wi.z, 1e-6)


def _coat_lobe(wi: Any, wo: Any, half: Any, width: float) -> Any:
    """Return the clearcoat's Schlick term · GTR1 · shadowing · cos θo."""
    import drjit as dr

    square = width**2
    facets = (square - 1) / (math.pi * math.log(square) * (1 + (square - 1) * dr.square(half.z)))
    fresnel = _COAT_REFLECTANCE + (1 - _COAT_REFLECTANCE) * schlick_weight(dr.dot(wi, half))
    return fresnel * facets * _smith(wi.z) * _smith(wo.z) * wo.z


def _smith(cosine: Any) -> Any:
    """Return the GGX shadowing term of the clearcoat."""
    import drjit as dr

    square = dr.square(dr.maximum(cosine, 1e-6))
    return 2 / (1 + dr.sqrt(1 + _COAT_SHADOWING**2 * (1 - square) / square))


def schlick_weight(cosine: Any) -> Any:
    """Return (1 − x)⁵, with x kept within [0, 1]."""
    import drjit as dr

    rest = dr.clip(1 - cosine, 0, 1)
    return dr.square(dr.square(rest)) * rest
