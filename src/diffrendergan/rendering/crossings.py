"""All faces that rays from above meet on their way through a scene, seen or hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.labels import MOST_LAYERS
from diffrendergan.rendering.rules import RULES
from diffrendergan.rendering.tracing import STEP, SceneTracer

_GOLDEN = 0.6180339887498949
"""Points (k, k·g mod n) with g near n times this spread most evenly over a square (Fibonacci's lattice)."""


@dataclass(frozen=True, eq=False)
class Crossings:
    """Where rays cross the faces of particles, in no order.

    Attributes
    ----------
    rays : int64 (K,)
        Number of the ray: pixel by pixel of the film, row by row, with its margin.
    owners : int64 (K,)
        The particle (row in Φ plus one).
    distances : float64 (K,)
        From the start of the ray, negative where it enters the particle [scene units].
    top : float
        Height of that start [scene units].
    """

    rays: NDArray[np.int64]
    owners: NDArray[np.int64]
    distances: NDArray[np.float64]
    top: float

    @property
    def heights(self) -> NDArray[np.float64]:
        """Heights (K,) [scene units], where rays are all but vertical (`scene.geometry.PARALLEL`)."""
        return self.top - np.abs(self.distances)


def offsets(pixel_rays: int) -> NDArray[np.float64]:
    """Return where the rays of a pixel pass it, float64 (rays, 2): across and down from its upper left corner [px]."""
    numbers = np.arange(pixel_rays)
    return np.stack([numbers, numbers * _generator(pixel_rays) % pixel_rays], axis=1) / pixel_rays + 0.5 / pixel_rays


def crossings(tracer: SceneTracer, pixel_rays: int, margin_px: int = 0) -> Crossings:
    """Return where rays cross the particles that a tracer holds.

    Parameters
    ----------
    tracer : SceneTracer
        Holds the constellation.
    pixel_rays : int
        Rays through each pixel, evenly spread over it (`offsets`); one goes through its centre.
    margin_px : int
        How much farther than the image the film reaches on all sides [px].
    """
    import drjit as dr

    mi, edge = tracer.mi, tracer.geometry.size + 2 * margin_px
    lanes = dr.arange(mi.UInt32, edge * edge * pixel_rays)
    pixel, number = lanes // pixel_rays, lanes % pixel_rays
    across, down = (
        (mi.Float(step % pixel_rays) + 0.5) / pixel_rays for step in (number, number * _generator(pixel_rays))
    )
    x, y = mi.Float(pixel % edge) - margin_px, mi.Float(pixel // edge) - margin_px
    rays = tracer.camera_rays(x + across, y + down)
    spheres = tracer.spheres
    top = float((spheres[:, 1] + spheres[:, 3]).max(initial=RULES.after)) + RULES.before
    # The rays part from one point far above: begun here, short ways are exact.
    start = (top - tracer.geometry.camera_height) / rays.d.y
    origins, directions = rays(start), rays.d
    ends = (RULES.after - top) / directions.y
    reached = dr.zeros(mi.Float, len(lanes))
    found: list[tuple[NDArray[Any], ...]] = []
    for _ in range(MOST_LAYERS):
        onwards = mi.Ray3f(mi.Point3f(origins + directions * reached), directions, ends - reached, 0.0, [])
        hit = tracer.scene.ray_intersect(onwards, mi.RayFlags.Minimal, coherent=True)
        alive: Any = dr.compress(hit.is_valid())
        if len(alive) == 0:
            break
        distance = dr.gather(mi.Float, reached + hit.t, alive)
        enters = dr.gather(mi.Bool, dr.dot(hit.n, directions) < 0, alive)
        owner = dr.gather(mi.UInt32, tracer.owner(hit), alive)
        lanes = dr.gather(mi.UInt32, lanes, alive)
        signed = dr.select(enters, -distance, distance)
        found.append(tuple(np.array(values) for values in (lanes, owner, signed)))
        origins, directions = (dr.gather(kind, values, alive) for kind, values in
                               ((mi.Point3f, mi.Point3f(origins)), (mi.Vector3f, directions)))  # fmt: skip
        ends = dr.gather(mi.Float, ends, alive)
        reached = distance + STEP * (1 + distance)
        dr.eval(lanes, origins, directions, ends, reached)
    met, owners, distances = (np.concatenate(part) for part in zip(*found, strict=True)) if found else ([], [], [])
    return Crossings(np.asarray(met, np.int64), np.asarray(owners, np.int64), np.asarray(distances, np.float64), top)


def _generator(count: int) -> int:
    """Return a number near the golden share of `count` that has no divisor in common with it."""
    return next(number for number in range(round(_GOLDEN * count), 2 * count + 1) if math.gcd(number, count) == 1)


def summed(
    keys: NDArray[np.int64], values: list[NDArray[np.float64]]
) -> tuple[NDArray[np.int64], list[NDArray[np.float64]]]:
    """Return each key once, in rising order, with the sums of what belongs to it."""
    if not len(keys):
        return keys, list(values)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[starts], [np.add.reduceat(each[order], starts) for each in values]
