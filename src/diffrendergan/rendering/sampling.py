"""Radiance integrals of one material class: the raw terms T0…T3, F(knots), Q(knots) at given points.

Directions come from a low-discrepancy sequence, drawn from a mixture of the cosine hemisphere and GGX lobes of
several widths, and all terms use every direction, weighted by the whole mixture's density (balance heuristic;
Veach 1997). So sharp and broad lobes are both resolved by the same rays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import numpy as np

from diffrendergan.rendering.principled import DIFFUSE_TERMS, SMALLEST_ALPHA, index_of_refraction
from diffrendergan.rendering.tracing import SceneTracer

Visibility = Literal["visible", "blocked", "unoccluded"]

# The two-dimensional golden-ratio sequence (R2; M. Roberts 2018): point i = frac(i·R2 + shift).
R2 = (0.7548776662466927, 0.5698402909980532)

_BROADEST_LOBE = 0.5
"""Lobes broader than this (GGX α) are covered well by the cosine hemisphere."""


_BAND_STRATEGIES = 7
_COSINE_STRATEGIES = 4
_LOBE_STRATEGIES = 5
"""Shares of the ways to draw a direction; the points of a pixel take turns."""

_BAND = (-0.35, 0.65)
"""Sines of the elevations between which the bright ring is seen from around the origin (stage edge, slab edge)."""


@dataclass(frozen=True)
class DirectionPlan:
    """How many directions each point draws, and in which shares from which densities."""

    directions: int
    band: int
    """Strategies that draw evenly from the band of directions in which the ring lies."""
    cosine: int
    """Strategies that draw from the cosine hemisphere."""
    lobes: tuple[float, ...]
    """GGX widths α of the other strategies."""

    @property
    def strategies(self) -> int:
        """Number of strategies, each as likely as any other."""
        return self.band + self.cosine + len(self.lobes)


def plan_directions(directions: int, knots: np.ndarray) -> DirectionPlan:
    """Share the strategies between the ring's band, the cosine hemisphere and GGX lobes that span the knots."""
    narrow = max(SMALLEST_ALPHA, float(knots.min()) ** 2)
    broad = min(_BROADEST_LOBE, float(knots.max()) ** 2)
    if narrow >= _BROADEST_LOBE:
        return DirectionPlan(directions, _BAND_STRATEGIES, _COSINE_STRATEGIES, ())
    count = 1 if len(knots) == 1 else _LOBE_STRATEGIES
    lobes = np.exp(np.linspace(math.log(narrow), math.log(max(broad, narrow)), count))
    return DirectionPlan(directions, _BAND_STRATEGIES, _COSINE_STRATEGIES, tuple(float(alpha) for alpha in lobes))


def integrate_terms(
    tracer: SceneTracer,
    interaction: Any,
    shift: tuple[Any, Any, Any],
    first: Any,
    plan: DirectionPlan,
    knots: np.ndarray,
    specular: float,
    visibility: Visibility = "visible",
) -> list[Any]:
    """Integrate all raw terms at the points of `interaction`.

    Parameters
    ----------
    tracer : SceneTracer
        Holds particles and lights.
    interaction : mitsuba.SurfaceInteraction3f
        The points, with shading frame and `wi` towards the camera in it; width N.
    shift : three of mitsuba.Float
        Random numbers in [0, 1) per point: offsets of the sequence in both dimensions, and of the strategy.
        Points of one pixel share them, so that together they fill the hemisphere evenly.
    first : mitsuba.UInt32
        Position in the sequence of each point's first direction.
    plan : DirectionPlan
        From `plan_directions`.
    knots : numpy.ndarray
        Roughness knots (K,).
    specular : float
        Sets the index of refraction.

    visibility : {"visible", "blocked", "unoccluded"}
        Count the light that arrives, the light that particles keep away, or all light as if there were none.

    Returns
    -------
    list of mitsuba.Float
        T0, T1, T2, T3, F at the knots, Q at the knots; width N each.
    """
    import drjit as dr

    mi = tracer.mi
    wi = interaction.wi
    eta = index_of_refraction(specular)
    normal_reflectance = ((eta - 1) / (eta + 1)) ** 2
    alphas = [max(SMALLEST_ALPHA, float(knot) ** 2) for knot in knots]
    lobe_table = mi.Float(list(plan.lobes) or [1.0])
    turn = mi.UInt32(shift[2] * plan.strategies) + first

    def body(i: Any, *sums: Any) -> tuple[Any, ...]:
        step = mi.Float(first + i)
        u = mi.Point2f(_fraction(dr, shift[0] + R2[0] * step), _fraction(dr, shift[1] + R2[1] * step))
        wo = _draw(mi, dr, interaction, u, (turn + i) % plan.strategies, plan, lobe_table)
        towards = interaction.to_world(wo)
        half = dr.normalize(wi + wo)
        density = _mixture_density(mi, dr, wi, wo, half, towards.y, plan)
        lit = (wi.z > 0) & (wo.z > 0) & (density > 0)
        ray = interaction.spawn_ray(towards)
        radiance = tracer.light(ray.o, ray.d)
        lit &= radiance > 0
        if visibility != "unoccluded":
            hit = tracer.scene.ray_test(ray, lit)
            lit &= hit if visibility == "blocked" else ~hit
        arriving = dr.select(lit, radiance / (density * plan.directions), 0.0)
        values = _integrands(mi, dr, wi, wo, half, alphas, eta, normal_reflectance)
        added = (total + dr.select(lit, value * arriving, 0.0) for total, value in zip(sums, values, strict=True))
        return (i + 1, *added)

    count = DIFFUSE_TERMS + 2 * len(knots)
    width = dr.width(wi)
    state = (dr.zeros(mi.UInt32, width), *(dr.zeros(mi.Float, width) for _ in range(count)))
    limit = plan.directions
    result = dr.while_loop(state, cond=lambda i, *_: i < limit, body=body, mode="symbolic")
    return list(result[1:])


def _fraction(dr: ModuleType, value: Any) -> Any:
    return dr.minimum(value - dr.floor(value), 1 - 1e-7)


def _draw(
    mi: ModuleType, dr: ModuleType, interaction: Any, u: Any, strategy: Any, plan: DirectionPlan, lobe_table: Any
) -> Any:
    """Draw a direction in the local frame with the strategy of each point."""
    low, high = _BAND
    rise = low + (high - low) * u.x
    sine, cosine = dr.sincos(2 * math.pi * u.y)
    level = dr.sqrt(1 - dr.square(rise))
    band = interaction.to_local(mi.Vector3f(level * cosine, rise, level * sine))
    hemisphere = mi.warp.square_to_cosine_hemisphere(u)
    wo = dr.select(strategy < plan.band, band, hemisphere)
    if not plan.lobes:
        return wo
    first = plan.band + plan.cosine
    in_lobe = strategy >= first
    alpha = dr.gather(mi.Float, lobe_table, dr.select(in_lobe, strategy - first, 0), in_lobe)
    lobe = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, dr.select(in_lobe, alpha, 1.0), sample_visible=True)
    normal, _ = lobe.sample(interaction.wi, u)
    return dr.select(in_lobe, mi.reflect(interaction.wi, normal), wo)


def _mixture_density(
    mi: ModuleType, dr: ModuleType, wi: Any, wo: Any, half: Any, rise: Any, plan: DirectionPlan
) -> Any:
    """Return the density of all strategies together, per solid angle; `rise` is the world direction's y."""
    low, high = _BAND
    density = plan.cosine * dr.maximum(wo.z, 0) / math.pi
    density += dr.select((rise >= low) & (rise <= high), plan.band / (2 * math.pi * (high - low)), 0.0)
    slope = 1 / (4 * dr.maximum(dr.dot(wi, half), 1e-6))
    for alpha in plan.lobes:
        lobe = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, sample_visible=True)
        density += lobe.pdf(wi, half) * slope
    return density / plan.strategies


def _integrands(
    mi: ModuleType,
    dr: ModuleType,
    wi: Any,
    wo: Any,
    half: Any,
    alphas: list[float],
    eta: float,
    normal_reflectance: float,
) -> list[Any]:
    """BSDF terms times cos θo (TRANSPORT; Mitsuba's `principled`)."""
    cos_o, cos_i = dr.maximum(wo.z, 0), dr.maximum(wi.z, 0)
    cos_d = dr.dot(half, wo)
    weight_i, weight_o, weight_d = (_schlick(dr, cosine) for cosine in (cos_i, cos_o, cos_d))
    lambert = cos_o / math.pi
    product = weight_i * weight_o
    terms = [
        (1 - 0.5 * weight_i) * (1 - 0.5 * weight_o) * lambert,
        2 * dr.square(cos_d) * (weight_i + weight_o - product) * lambert,
        4 * dr.square(dr.square(cos_d)) * product * lambert,
        weight_d * cos_o,
    ]
    fresnel = mi.fresnel(dr.dot(wi, half), eta)[0]
    schlick = normal_reflectance + (1 - normal_reflectance) * _schlick(dr, dr.dot(wi, half))
    inverse = 0.25 / dr.maximum(cos_i, 1e-6)
    lobes = []
    for alpha in alphas:
        lobe = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, sample_visible=True)
        lobes.append(lobe.eval(half) * lobe.G(wi, wo, half) * inverse)
    return terms + [fresnel * lobe for lobe in lobes] + [schlick * lobe for lobe in lobes]


def _schlick(dr: ModuleType, cosine: Any) -> Any:
    rest = dr.clip(1 - cosine, 0, 1)
    return dr.square(dr.square(rest)) * rest
