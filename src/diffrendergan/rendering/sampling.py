"""Radiance integrals of one material over the hemisphere, at given points.

Directions come from a low-discrepancy sequence, drawn from a mixture of the cosine hemisphere and GGX lobes of
several widths, and all terms use every direction, weighted by the whole mixture's density (balance heuristic;
Veach 1997). So sharp and broad lobes are both resolved by the same rays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from diffrendergan.rendering.authors_slab import authors_light
from diffrendergan.rendering.separation import Around, Separation
from diffrendergan.rendering.sequence import R2
from diffrendergan.rendering.tracing import SceneTracer

Visibility = Literal["visible", "unoccluded", "blocked", "blocked nearby", "blocked far off"]
"""Count the light that arrives, all light as if there were no particles, or the light that particles keep away:
all of it, or where the first particle on the way is less, or more, than `NEARBY` away."""

NEARBY = 0.75
"""What is closer throws a sharp shadow [scene units]."""


_FAINT = 1.0
"""Light that a direction would bring if all did as it does, below which its shadow ray is left to chance: white.
Measured (tio2-sem, `paper`): a fifth less time at the same RMSE; from 2 on noise grows."""
_GOLDEN_RATIO = 0.6180339887498949
"""Spreads the chances of following directions evenly, apart from the directions themselves."""

_GOLDEN = 0x9E3779B9
"""Keeps the streams of neighbouring seeds apart."""

_BAND_STRATEGIES = 7
_COSINE_STRATEGIES = 4
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


def plan_directions(directions: int | None, separation: Separation) -> DirectionPlan:
    """Share the strategies between the ring's band, the cosine hemisphere and the lobes of the material.

    What is matt weighs all directions as the cosine hemisphere does, of which nothing else is drawn. Unless the number
    of directions is given, it takes fewer: with 4 its error is less than that of other materials with 6 (measured over
    four presets: docs/benchmarks.md).
    """
    if separation.emission.matt:
        return DirectionPlan(directions or 4, band=0, cosine=1, lobes=())
    lobes = tuple(separation.emission.lobes(separation))
    return DirectionPlan(directions or 6, _BAND_STRATEGIES, _COSINE_STRATEGIES, lobes)


@dataclass(frozen=True)
class Integrator:
    """Integrates the rows of a separation over the hemisphere.

    Attributes
    ----------
    tracer : SceneTracer
        Holds particles and lights.
    separation : Separation
        What to integrate.
    plan : DirectionPlan
        From `plan_directions`.
    visibility : str
        Which light counts; see `Visibility`.
    weights : sequence of mitsuba.Float, optional
        A number for each integral: only the weighted sum of the integrals is formed, and light that would add little
        to it is traced by chance, and counts the more (Russian roulette; Arvo and Kirk 1990).
    """

    tracer: SceneTracer
    separation: Separation
    plan: DirectionPlan
    visibility: Visibility = "visible"
    weights: Sequence[Any] | None = None

    @property
    def sums(self) -> int:
        """How many numbers are formed at each point."""
        return self.separation.integrals if self.weights is None else 1

    def add(
        self,
        sums: Sequence[Any],
        interaction: Any,
        shift: tuple[Any, Any, Any],
        first: Any,
        active: Any,
        chord: Any = None,
    ) -> list[Any]:
        """Add the integrals at the points of `interaction` to `sums`.

        Parameters
        ----------
        sums : sequence of mitsuba.Float
            As many as `Integrator.sums`.
        interaction : mitsuba.SurfaceInteraction3f
            The points, with shading frame and `wi` towards the camera in it; width N.
        shift : three of mitsuba.Float
            Random numbers in [0, 1) per point: offsets of the sequence in both dimensions, and of the strategy.
            Points of one pixel share them, so that together they fill the hemisphere evenly.
        first : mitsuba.UInt32
            Position in the sequence of each point's first direction.
        active : mitsuba.Bool
            Points that count.
        chord : mitsuba.Float, optional
            How far each beam runs within the particle that it meets, if the separation asks for it.
        """
        import drjit as dr

        mi, plan = self.tracer.mi, self.plan
        lobe_table = mi.Float(list(plan.lobes) or [1.0])
        spread = shift[2] * plan.strategies
        turn = mi.UInt32(spread) + first
        # What the strategies leave of the random number decides on shadow rays.
        rest = fraction(dr, spread)
        width = max(dr.width(interaction.wi), dr.width(first))

        def body(i: Any, *totals: Any) -> tuple[Any, ...]:
            step = mi.Float(first + i)
            u = mi.Point2f(fraction(dr, shift[0] + R2[0] * step), fraction(dr, shift[1] + R2[1] * step))
            wo = _draw(mi, dr, interaction, u, (turn + i) % plan.strategies, plan, lobe_table)
            chance = fraction(dr, rest + _GOLDEN_RATIO * step)
            values = self._contributions(interaction, wo, chord, chance)
            return (i + 1, *(total + value for total, value in zip(totals, values, strict=True)))

        limit = plan.directions
        state = (dr.zeros(mi.UInt32, width), *sums)
        result = dr.while_loop(state, cond=lambda i, *_: active & (i < limit), body=body, mode="symbolic")
        return list(result[1:])

    def _contributions(self, interaction: Any, wo: Any, chord: Any, chance: Any) -> list[Any]:
        """Return what one direction adds to each sum."""
        import drjit as dr

        mi, tracer, plan = self.tracer.mi, self.tracer, self.plan
        wi = interaction.wi
        towards = interaction.to_world(wo)
        half = dr.normalize(wi + wo)
        density = _mixture_density(mi, dr, wi, wo, half, towards.y, plan)
        lit = (wi.z > 0) & (wo.z > 0) & (density > 0)
        ray = interaction.spawn_ray(towards)
        light = tracer.light(ray.o, ray.d)
        under_sky = self.separation.under_sky
        above = towards.y > 0
        lit &= (light.total > 0) | above if any(under_sky) else light.total > 0
        share = 1 / (density * plan.directions)
        if tracer.geometry.slab_normals == "flat":
            factors, radiance = None, light.total
        else:
            factors, radiance = authors_light(tracer, self.separation, light, wi, wo, half, ray.d), 1.0
        around = Around(towards, chord)
        values = self.separation.emission.integrands(mi, self.separation, wi, wo, half, factors, around)
        arriving = {False: radiance * share, True: dr.select(above, share, 0.0)}
        parts = [value * arriving[of_sky] for value, of_sky in zip(values, under_sky, strict=True)]
        if self.weights is not None:
            whole: Any = sum(weight * part for weight, part in zip(self.weights, parts, strict=True))
            odds = dr.minimum(dr.abs(whole) * plan.directions / _FAINT, 1)
            lit &= chance < odds
            parts = [whole / odds]
        lit &= self._counts(ray, lit)
        return [dr.select(lit, part, 0.0) for part in parts]

    def _counts(self, ray: Any, lit: Any) -> Any:
        """Tell whether light along a ray counts."""
        scene = self.tracer.scene
        if self.visibility == "unoccluded":
            return lit
        if self.visibility == "blocked far off":
            hit = scene.ray_intersect_preliminary(ray, coherent=False, active=lit)
            return hit.is_valid() & (hit.t >= NEARBY)
        if self.visibility == "blocked nearby":
            ray.maxt = NEARBY
        hit = scene.ray_test(ray, lit)
        return ~hit if self.visibility == "visible" else hit


def fraction(dr: ModuleType, value: Any) -> Any:
    """Return what is left of a value beyond the whole number below it, in [0, 1)."""
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


def random_numbers(mi: Any, index: Any, seed: int, stream: int) -> tuple[Any, Any, Any]:
    """Return three uniform numbers per index, from a hash of index, seed and stream."""
    import drjit as dr

    # Opaque: as literals, each new seed would make kernels of its own, and compiling one takes longer than running it.
    keys = [dr.opaque(mi.UInt32, key & 0xFFFFFFFF) for key in (seed ^ (2 * stream + half) * _GOLDEN for half in (0, 1))]
    words = (*mi.sample_tea_32(index, keys[0], 12), mi.sample_tea_32(index, keys[1], 12)[0])
    first, second, third = (mi.Float(word >> 8) * 2.0**-24 for word in words)
    return first, second, third
