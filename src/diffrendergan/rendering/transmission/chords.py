"""How far a beam runs through each particle, by rays through the placed meshes and all faces that they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.crossings import crossings, summed
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transmission.rules import RULES


@dataclass(frozen=True, eq=False)
class Chords:
    """The particles that lie in the beam of each pixel, one after the other; those that do not, are not stored.

    Attributes
    ----------
    pixels : int32 (K,)
        Pixel numbers, row by row, none lower than the one before it.
    particles : int32 (K,)
        The particle (row in Φ plus one); each pair occurs once.
    lengths : float32 (K,)
        Mean way through the particle, over the share of the pixel that it fills [scene units].
    shares : float32 (K,)
        That share, above 0 and at most 1.
    size : int
        Edge of the image [px].
    """

    pixels: NDArray[np.int32]
    particles: NDArray[np.int32]
    lengths: NDArray[np.float32]
    shares: NDArray[np.float32]
    size: int

    def thickness(self, particle: int | None = None) -> NDArray[np.float32]:
        """Return the mean thickness of one particle, or of all, in each pixel, float32 (S, S) [scene units]."""
        chosen = slice(None) if particle is None else self.particles == particle
        means = (self.lengths * self.shares)[chosen]
        found = np.bincount(self.pixels[chosen], weights=means, minlength=self.size * self.size)
        return found.reshape(self.size, self.size).astype(np.float32)


def trace_chords(tracer: SceneTracer, pixel_rays: int) -> Chords:
    """Return the ways through the particles that a tracer holds.

    A ray enters a particle where a face looks against it and leaves it where one looks along, so that the way through
    a closed surface is the sum of all distances, with their signs: also of one that is not convex, or lies in another.

    Parameters
    ----------
    tracer : SceneTracer
        Holds the constellation.
    pixel_rays : int
        Rays through each pixel, evenly spread over it.
    """
    met = crossings(tracer, pixel_rays)
    rays, owners, distances = met.rays, met.owners, met.distances
    count, size = len(tracer.spheres) + 1, tracer.geometry.size
    if not len(rays):
        none = np.zeros(0, np.int32)
        return Chords(none, none, np.zeros(0, np.float32), np.zeros(0, np.float32), size)
    # A ray and a particle, then a pixel and a particle: sorted keys, so that sums are always formed in the same order.
    keys, (chords, faces) = summed(rays * count + owners, [distances, np.sign(distances)])
    # A ray that grazes an edge may miss one of its two faces: as many have to be left as were entered.
    kept = (faces == 0) & (chords > RULES.least_chord)
    keys, chords = keys[kept], chords[kept]
    pixel_keys, (lengths, hits) = summed(
        keys // (count * pixel_rays) * count + keys % count, [chords, np.ones(len(chords))]
    )
    return Chords(
        (pixel_keys // count).astype(np.int32),
        (pixel_keys % count).astype(np.int32),
        (lengths / hits).astype(np.float32),
        (hits / pixel_rays).astype(np.float32),
        size,
    )
