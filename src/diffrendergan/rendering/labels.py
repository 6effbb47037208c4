"""Label images and silhouettes: one ray through each pixel centre, no blending at edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.geometry import Soup
from diffrendergan.rendering.tracing import STEP, SceneTracer

MOST_LAYERS = 10_000
"""A ray that meets more faces than this is stuck."""


def label_image(tracer: SceneTracer, soup: Soup | None = None) -> NDArray[np.int32]:
    """Return which particle each pixel's centre shows.

    Parameters
    ----------
    tracer : SceneTracer
        Its constellation is labelled.
    soup : Soup, optional
        A constellation to place first.

    Returns
    -------
    numpy.ndarray
        int32 (S, S): 0 where no particle is seen, else the particle's row in Φ plus one.
    """
    if soup is not None:
        tracer.place(soup)
    mi, size = tracer.mi, tracer.geometry.size
    owner = tracer.owner(tracer.scene.ray_intersect_preliminary(centre_rays(tracer), coherent=True))
    return np.asarray(mi.UInt32(owner)).astype(np.int32).reshape(size, size)


@dataclass(frozen=True)
class Silhouettes:
    """Which particles lie behind each pixel's centre, seen or hidden (amodal masks).

    Attributes
    ----------
    pixels : numpy.ndarray
        int32 (K,): pixel numbers, row by row, none lower than the one before it.
    particles : numpy.ndarray
        int32 (K,): the particle (row in Φ plus one) that each of them shows or hides; each pair occurs once.
    size : int
        Edge of the image [px].
    """

    pixels: NDArray[np.int32]
    particles: NDArray[np.int32]
    size: int

    def areas(self, count: int) -> NDArray[np.int64]:
        """Return the area of each particle's silhouette within the image [px], int64 (count,)."""
        return np.bincount(self.particles, minlength=count + 1)[1:]

    def mask(self, particle: int) -> NDArray[np.bool_]:
        """Return the silhouette of one particle, bool (S, S)."""
        mask = np.zeros(self.size * self.size, bool)
        mask[self.pixels[self.particles == particle]] = True
        return mask.reshape(self.size, self.size)

    def taken_from(self, source: NDArray[np.int32]) -> Silhouettes:
        """Return the silhouettes as an image shows them whose pixels are those of the numbers `source` (S, S)."""
        first, last = (np.searchsorted(self.pixels, source.ravel(), side) for side in ("left", "right"))
        layers = last - first
        # The numbers first, first + 1, … last − 1 of every pixel, one after the other.
        ends = np.cumsum(layers)
        chosen = np.arange(ends[-1]) + np.repeat(first - (ends - layers), layers)
        pixels = np.repeat(np.arange(source.size, dtype=np.int32), layers)
        return Silhouettes(pixels, self.particles[chosen], self.size)


def silhouettes(tracer: SceneTracer) -> Silhouettes:
    """Return the full silhouettes of the particles that `tracer` holds, as if each were alone.

    Each centre ray goes on behind every face that it meets, down to the stage, and the owners are collected.
    """
    import drjit as dr

    mi, size = tracer.mi, tracer.geometry.size
    found: list[NDArray[np.int64]] = []
    pixels = dr.arange(mi.UInt32, size * size)
    rays = centre_rays(tracer)
    end = rays.maxt
    reached = dr.zeros(mi.Float, size * size)
    for _ in range(MOST_LAYERS):
        hit = tracer.scene.ray_intersect_preliminary(mi.Ray3f(rays(reached), rays.d, end - reached, 0.0, []))
        alive: Any = dr.compress(hit.is_valid())
        if len(alive) == 0:
            break
        owner = dr.gather(mi.UInt32, tracer.owner(hit), alive)
        pixels = dr.gather(mi.UInt32, pixels, alive)
        found.append(np.asarray(pixels).astype(np.int64) << 32 | np.asarray(owner).astype(np.int64))
        reached = dr.gather(mi.Float, reached + hit.t + STEP * (1 + reached + hit.t), alive)
        rays, end = gathered(mi, rays, alive), dr.gather(mi.Float, end, alive)
        dr.eval(pixels, reached, rays, end)
    pairs = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return Silhouettes((pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32), size)


def centre_rays(tracer: SceneTracer) -> Any:
    """Return the rays through all pixel centres, row by row."""
    import drjit as dr

    mi, size = tracer.mi, tracer.geometry.size
    pixel = dr.arange(mi.UInt32, size * size)
    return tracer.camera_rays(mi.Float(pixel % size) + 0.5, mi.Float(pixel // size) + 0.5)


def gathered(mi: Any, rays: Any, index: Any) -> Any:
    """Return some of the rays, which share their origin."""
    import drjit as dr

    directions = mi.Vector3f(*(dr.gather(mi.Float, part, index) for part in (rays.d.x, rays.d.y, rays.d.z)))
    return mi.Ray3f(rays.o, directions)
