"""Where a slice through a constellation meets its particles."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.crossings import Crossings, crossings, summed
from diffrendergan.rendering.geometry import Soup
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.rules import RULES
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.runs import seeds


@dataclass(frozen=True, eq=False)
class Cut:
    """What fills the pixels of a slice.

    Attributes
    ----------
    pixels : int32 (K,)
        Pixel numbers, row by row, none lower than the one before it.
    particles : int32 (K,)
        The particle (row in Φ plus one); each pair occurs once.
    shares : float32 (K,)
        Share of the pixel, through the slice, that it fills, above 0 and at most 1.
    size : int
        Edge of the image [px].
    """

    pixels: NDArray[np.int32]
    particles: NDArray[np.int32]
    shares: NDArray[np.float32]
    size: int

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """The particle that fills most of a pixel, int32 (S, S); 0 where none fills enough."""
        labels = np.zeros(self.size * self.size, np.int32)
        order = np.argsort(self.shares, kind="stable")
        order = order[self.shares[order] > RULES.filled]
        labels[self.pixels[order]] = self.particles[order]
        return labels.reshape(self.size, self.size)

    @property
    def silhouettes(self) -> Silhouettes:
        """The same of each particle: nothing hides another in a section."""
        enough = self.shares > RULES.filled
        return Silhouettes(self.pixels[enough], self.particles[enough], self.size)

    @property
    def neutral(self) -> NDArray[np.float32]:
        """How particles stand out: by the share of each pixel that they fill, float32 (S, S)."""
        filled = np.bincount(self.pixels, self.shares, self.size**2).reshape(self.size, self.size)
        return np.minimum(filled, 1).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name."""
        size = np.array([self.size], np.int32)
        return {"pixels": self.pixels, "particles": self.particles, "shares": self.shares, "size": size}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Cut:
        """Return it from `arrays`."""
        return cls(arrays["pixels"], arrays["particles"], arrays["shares"], int(arrays["size"][0]))


@dataclass(frozen=True)
class Cutter:
    """Cuts constellations, each at a height of its own.

    Attributes
    ----------
    low, high : float
        Bounds of that height [scene units].
    thickness : float
        Of the slice [scene units].
    pixel_rays : int
        Places in each pixel.
    """

    low: float
    high: float
    thickness: float
    pixel_rays: int

    def __call__(self, tracer: SceneTracer, soup: Soup) -> Cut:
        """Return the slice through what a tracer holds, which is a soup."""
        return cut(tracer, self.height(soup), self.thickness, self.pixel_rays)

    def height(self, soup: Soup) -> float:
        """Return where a constellation is cut: it follows from where its particles are, and from nothing else."""
        number = zlib.crc32(np.ascontiguousarray(soup.spheres).tobytes())
        return float(seeds.generator(number, "section").uniform(self.low, self.high))


def cut(tracer: SceneTracer, height: float, thickness: float, pixel_rays: int) -> Cut:
    """Return a slice through the particles that a tracer holds.

    Parameters
    ----------
    tracer : SceneTracer
        Holds the constellation.
    height : float
        Of the middle of the slice [scene units].
    thickness : float
        Of the slice [scene units].
    pixel_rays : int
        Places in each pixel, evenly spread.
    """
    thick = max(thickness, RULES.thinnest)
    met = crossings(tracer, pixel_rays)
    count = len(tracer.spheres) + 1
    within, faces = _within(met, met.top - height, thick)
    keys, (lengths, left) = summed(met.rays * count + met.owners, [within, faces])
    # A ray that grazes an edge may miss one of its two faces, where as many have to be left as were entered: such a ray
    # tells nothing, and the others of its pixel stand for it.
    whole = left == 0
    pixel_keys = keys // (count * pixel_rays) * count + keys % count
    keys, (lengths, missed) = summed(pixel_keys, [np.where(whole, lengths, 0), np.where(whole, 0.0, 1.0)])
    shares = lengths / (thick * np.maximum(pixel_rays - missed, 1))
    enough = shares > RULES.least_share
    pixels, particles = np.divmod(keys[enough], count)
    return Cut(
        pixels.astype(np.int32), particles.astype(np.int32), np.minimum(shares[enough], 1).astype(np.float32),
        tracer.geometry.size,
    )  # fmt: skip


def _within(met: Crossings, depth: float, thickness: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return terms (K,) that add up to the way through a particle within the slice, over its crossings, and signs."""
    signs = np.sign(met.distances)
    ends = np.clip(np.abs(met.distances), depth - thickness / 2, depth + thickness / 2)
    return signs * ends, signs
