"""What a tip feels of a constellation: each particle alone, and the highest of them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diffrendergan.rendering.crossings import crossings, offsets
from diffrendergan.rendering.geometry import Soup
from diffrendergan.rendering.labels import Silhouettes
from diffrendergan.rendering.rules import RULES
from diffrendergan.rendering.topography.tip import Tip, felt
from diffrendergan.rendering.tracing import SceneTracer

Field = NDArray[np.float32]


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

    @property
    def neutral(self) -> Field:
        """How particles stand out: their heights, float32 (S, S) [px]."""
        return self.height

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
        present = tracer.spheres[:, 1] > RULES.after
        floors = grounds(tracer.spheres[present], low[present], present)
        tallest = max(float(((high - floors) * scale)[present].max(initial=0.0)), 1.0)
        margin = min(int(np.ceil(self.tip.reach(tallest))) + 1, size)
        middles = (RULES.outline * high + (1 - RULES.outline) * low - floors) * scale
        edge = size + 2 * margin
        height, owner = np.zeros((edge, edge), np.float32), np.zeros((edge, edge), np.int32)
        pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], Field]] = []
        for particle, tops in _tops(tracer, floors, scale, margin).items():
            box = tops.box(margin, edge)
            lifted, alone = tops.felt(self.tip, box), tops.highest(box)
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

    Particles that lie over each other, or touch, are lowered together until one of them lies on the ground, and each by
    itself where their centres lie in one plane; in a height image nothing hovers.

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
    lowest, bottom, top = np.full(count, np.inf), np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, group, low)
    np.minimum.at(bottom, group, spheres[:, 1])
    np.maximum.at(top, group, spheres[:, 1])
    found = np.zeros(len(present))
    found[present] = np.where((top - bottom < RULES.level)[group], low, lowest[group])
    return found


Box = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class _Tops:
    """The upper surface of one particle on the wider film.

    Attributes
    ----------
    rows, columns, numbers : int64 (K,)
        Pixel, and which of its rays.
    heights : float32 (K,)
        Over the ground [px].
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    numbers: NDArray[np.int64]
    heights: Field

    def box(self, margin: int, edge: int) -> Box:
        """Return the part of the film in which the particle can be felt."""
        low = [max(int(place.min()) - margin, 0) for place in (self.rows, self.columns)]
        high = [min(int(place.max()) + margin + 1, edge) for place in (self.rows, self.columns)]
        return slice(low[0], high[0]), slice(low[1], high[1])

    def felt(self, tip: Tip, box: Box) -> Field:
        """Return what a tip feels of it in a box; −∞ where nothing."""
        found = self._empty(box)
        for number, (right, down) in enumerate(offsets(RULES.felt_rays) - 0.5):
            np.maximum(found, felt(self._at(box, self.numbers == number), tip, 0.0, right, down), out=found)
        return found

    def highest(self, box: Box) -> Field:
        """Return the surface as most of a pixel has it, in a box; −∞ where the particle does not fill half of it."""
        count, total = np.zeros((2, *self._empty(box).shape))
        place = (self.rows - box[0].start, self.columns - box[1].start)
        np.add.at(count, place, 1)
        np.add.at(total, place, self.heights)
        enough = count >= RULES.felt_rays / 2
        return np.where(enough, total / np.maximum(count, 1), -np.inf).astype(np.float32)

    def _at(self, box: Box, chosen: NDArray[np.bool_]) -> Field:
        surface = self._empty(box)
        surface[self.rows[chosen] - box[0].start, self.columns[chosen] - box[1].start] = self.heights[chosen]
        return surface

    def _empty(self, box: Box) -> Field:
        return np.full((box[0].stop - box[0].start, box[1].stop - box[1].start), -np.inf, np.float32)


def _tops(tracer: SceneTracer, floors: NDArray[np.float64], scale: float, margin: int) -> dict[int, _Tops]:
    """Return the upper surfaces of all particles that are in the film."""
    met, edge = crossings(tracer, RULES.felt_rays, margin), tracer.geometry.size + 2 * margin
    keys = met.owners * np.int64(edge * edge * RULES.felt_rays) + met.rays
    order = np.lexsort((-met.heights, keys))
    keys, heights = keys[order], met.heights[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    owners, rays = np.divmod(keys[first], edge * edge * RULES.felt_rays)
    values = ((heights[first] - floors[owners - 1]) * scale).astype(np.float32)
    ends = np.flatnonzero(np.diff(owners)) + 1
    found = {}
    for owner, ray, value in zip(np.split(owners, ends), np.split(rays, ends), np.split(values, ends), strict=True):
        if len(owner):
            pixel, number = np.divmod(ray, RULES.felt_rays)
            found[int(owner[0])] = _Tops(*np.divmod(pixel, edge), number, value)
    return found


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
