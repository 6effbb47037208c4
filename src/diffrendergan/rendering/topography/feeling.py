"""What a tip feels of a constellation: each particle alone, and the highest of them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diffrendergan.rendering.crossings import crossings
from diffrendergan.rendering.geometry import Soup
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.topography.rules import RULES
from diffrendergan.rendering.topography.tip import Tip, felt
from diffrendergan.rendering.tracing import SceneTracer

Field = NDArray[np.float32]

ABSENT = -20.0
"""What lies lower than this is not there [scene units]: see `rendering.geometry`."""


@dataclass(frozen=True, eq=False)
class Felt:
    """What a tip feels.

    Attributes
    ----------
    height : float32 (S, S)
        Of the tip's lowest point over the ground [px].
    owner : int32 (S, S)
        The particle that it touches (row in Φ plus one), 0 on the ground.
    outlined : Silhouettes
        Pixels of each particle as if it were alone.
    outlined_heights : float32 (K,)
        How high it is there, as it counts between particles; of each pair of `outlined` [px].
    """

    height: Field
    owner: NDArray[np.int32]
    outlined: Silhouettes
    outlined_heights: Field

    @property
    def silhouettes(self) -> Silhouettes:
        """Pixels of each particle as if it were alone."""
        return self.outlined

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name."""
        pairs = {"pixels": self.outlined.pixels, "particles": self.outlined.particles, "heights": self.outlined_heights}
        return {"height": self.height, "owner": self.owner, **pairs}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Felt:
        """Return it from `arrays`."""
        height = arrays["height"]
        outlined = Silhouettes(arrays["pixels"], arrays["particles"], len(height))
        return cls(height, arrays["owner"], outlined, arrays["heights"])

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """The particle whose pixel it is, int32 (S, S): of several the highest there."""
        size = self.outlined.size
        labels = np.zeros(size * size, np.int32)
        order = np.argsort(self.outlined_heights, kind="stable")
        labels[self.outlined.pixels[order]] = self.outlined.particles[order]
        return labels.reshape(size, size)


@dataclass(frozen=True)
class Feeler:
    """Feels constellations.

    Attributes
    ----------
    tip : Tip
        Lengths in pixels.
    true_outlines : bool
        Particles' pixels are those over which they are, not those in which they are felt.
    """

    tip: Tip
    true_outlines: bool = False

    def __call__(self, tracer: SceneTracer, soup: Soup) -> Felt:
        """Return what the tip feels of what a tracer holds, which is a soup."""
        size, scale = tracer.geometry.size, tracer.geometry.pixels_per_unit_at()
        low, high = extents(soup)
        present = tracer.spheres[:, 1] > ABSENT
        floors = grounds(tracer.spheres[present], low[present], present)
        tallest = max(float(((high - floors) * scale)[present].max(initial=0.0)), 1.0)
        margin = min(int(np.ceil(self.tip.reach(tallest))) + 1, size)
        tops = _tops(tracer, floors, scale, margin)
        middles = (RULES.outline * high + (1 - RULES.outline) * low - floors) * scale
        edge = size + 2 * margin
        height, owner = np.zeros((edge, edge), np.float32), np.zeros((edge, edge), np.int32)
        pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], Field]] = []
        for particle, (rows, columns, values) in tops.items():
            box, alone = _boxed(rows, columns, values, margin, edge)
            lifted = felt(alone, self.tip, lowest=0.0)
            _lay(lifted, particle, height[box], owner[box])
            counted = alone if self.true_outlines else np.where(lifted >= middles[particle - 1], lifted, -np.inf)
            down, right = np.nonzero(np.isfinite(counted))
            place = (down + box[0].start - margin, right + box[1].start - margin)
            inside = (place[0] >= 0) & (place[0] < size) & (place[1] >= 0) & (place[1] < size)
            pixels = (place[0] * size + place[1])[inside]
            pairs.append((pixels, np.full(len(pixels), particle), counted[down, right][inside]))
        seen = slice(margin, margin + size)
        outlined, heights = _sorted(pairs, size)
        return Felt(height[seen, seen].copy(), owner[seen, seen].copy(), outlined, heights)


def extents(soup: Soup) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the heights of the lowest and highest point of each particle, float64 (n,) [scene units]."""
    # Faces and vertices of a particle follow each other.
    starts = np.minimum.reduceat(soup.faces.min(axis=1), np.flatnonzero(np.diff(soup.owner, prepend=0)))
    heights = soup.vertices[:, 1].astype(np.float64)
    return np.minimum.reduceat(heights, starts), np.maximum.reduceat(heights, starts)


def grounds(spheres: NDArray[np.float64], low: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the height of the ground under each particle, float64 (n,) [scene units].

    Particles that lie over each other, or touch, are lowered together until one of them lies on the ground; in a height
    image nothing hovers.

    Parameters
    ----------
    spheres : float64 (k, 4)
        Centre and radius of a sphere around each particle that is present [scene units].
    low : float64 (k,)
        Lowest point of each of these [scene units].
    present : bool (n,)
        Which of the particles are.
    """
    flat = spheres[:, [0, 2]]
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    near = apart < spheres[:, 3][:, None] + spheres[:, 3][None]
    count, group = sparse.csgraph.connected_components(sparse.csr_array(near), directed=False)
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, group, low)
    found = np.zeros(len(present))
    found[present] = lowest[group]
    return found


def _tops(
    tracer: SceneTracer, floors: NDArray[np.float64], scale: float, margin: int
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64], Field]]:
    """Return rows and columns of the wider film that each particle lies in, and its height over the ground [px]."""
    met = crossings(tracer, 1, margin)
    keys = met.owners * np.int64((tracer.geometry.size + 2 * margin) ** 2) + met.rays
    order = np.lexsort((-met.heights, keys))
    keys, heights = keys[order], met.heights[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    edge = tracer.geometry.size + 2 * margin
    owners, rays = np.divmod(keys[first], edge * edge)
    values = ((heights[first] - floors[owners - 1]) * scale).astype(np.float32)
    ends = np.flatnonzero(np.diff(owners)) + 1
    parts = zip(np.split(owners, ends), np.split(rays, ends), np.split(values, ends), strict=True)
    return {int(part[0]): (*np.divmod(ray, edge), value) for part, ray, value in parts if len(part)}


def _boxed(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: Field, margin: int, edge: int
) -> tuple[tuple[slice, slice], Field]:
    """Return the box of the film in which a particle can be felt, and its surface there; −∞ beside it."""
    low = [max(int(place.min()) - margin, 0) for place in (rows, columns)]
    high = [min(int(place.max()) + margin + 1, edge) for place in (rows, columns)]
    alone = np.full((high[0] - low[0], high[1] - low[1]), -np.inf, np.float32)
    alone[rows - low[0], columns - low[1]] = values
    return (slice(low[0], high[0]), slice(low[1], high[1])), alone


def _lay(lifted: Field, particle: int, height: Field, owner: NDArray[np.int32]) -> None:
    """Lay what is felt of a particle over what is felt of those before it; in place."""
    higher = lifted > np.maximum(height, np.float32(RULES.least_height_px))
    height[higher] = lifted[higher]
    owner[higher] = particle


def _sorted(pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], Field]], size: int) -> tuple[Silhouettes, Field]:
    if not pairs:
        none = np.zeros(0, np.int32)
        return Silhouettes(none, none, size), np.zeros(0, np.float32)
    pixels, particles, heights = (np.concatenate(part) for part in zip(*pairs, strict=True))
    order = np.lexsort((particles, pixels))
    outlined = Silhouettes(pixels[order].astype(np.int32), particles[order].astype(np.int32), size)
    return outlined, heights[order].astype(np.float32)
