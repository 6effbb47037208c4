"""Aggregates: spherical primaries joined by necks."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from diffrendergan.particles.budget import is_sound, simplified_to
from diffrendergan.particles.fractal import fractal_cluster
from diffrendergan.particles.grid import Points, Surface
from diffrendergan.particles.overlap import bodies

VOXELS = 3_000_000
COARSEST, FINEST = 0.25, 0.1
"""Edge of a voxel, in radii of a primary."""
EXCESS = 1.6
"""Triangles before simplification, over those wanted, at least."""
NECK_VOXELS = 0.8
"""Radius of the thinnest neck that the grid surely joins, in voxels."""
MOST = 1.29
"""Aggregates with more than this times the wanted triangles are drawn again."""


def aggregate(
    faces: int, primaries: int, dimension: float, spread: float, neck: float, rng: np.random.Generator
) -> Surface | None:
    """Return an aggregate of touching spheres; None if no sound one came out, which other random numbers mend.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100.
    primaries
        Number of spheres.
    dimension
        Fractal dimension (see `fractal_cluster`).
    spread
        Sigma of the lognormal distribution of diameters.
    neck
        Radius of the necks over that of the smaller sphere; the thinnest is NECK_VOXELS of a voxel.
    rng
        Source of all randomness.

    Raises
    ------
    PlacementError
        If the spheres form no such cluster.
    """
    radii = np.exp(rng.normal(0, spread, primaries))
    centres = fractal_cluster(radii, dimension, rng)
    area = 4 * np.pi * (radii**2).sum()
    typical = float(np.median(radii))
    voxel = float(np.clip(np.sqrt(2 * area / (EXCESS * faces)), FINEST * typical, COARSEST * typical))
    extent = np.prod(np.ptp(centres, axis=0) + 2 * radii.max())
    voxel = max(voxel, float(np.cbrt(extent / VOXELS)))
    surface = _surface(centres, radii, _necks(centres, radii, neck, voxel), voxel)
    # The finer surface may already be torn, or in several pieces, where a neck is too thin for the grid.
    if not is_sound(*surface) or bodies(surface[1]) > 1:
        return None
    fewer = simplified_to(surface, faces) if len(surface[1]) > faces else surface
    return fewer if bodies(fewer[1]) == 1 and len(fewer[1]) < MOST * faces else None


def _necks(centres: Points, radii: Points, neck: float, voxel: float) -> list[tuple[int, int, float]]:
    """Return each two spheres that touch, and the radius of the neck between them."""
    pairs = cKDTree(centres).query_pairs(2 * radii.max() * 1.001, output_type="ndarray")
    gap = np.linalg.norm(centres[pairs[:, 0]] - centres[pairs[:, 1]], axis=1) - radii[pairs].sum(axis=1)
    touching = pairs[gap < 1e-6 * radii.mean()]
    return [(int(i), int(j), max(neck * min(radii[i], radii[j]), NECK_VOXELS * voxel)) for i, j in touching]


def _surface(centres: Points, radii: Points, necks: list[tuple[int, int, float]], voxel: float) -> Surface:
    low = (centres - radii[:, None]).min(axis=0) - 2.5 * voxel
    high = (centres + radii[:, None]).max(axis=0) + 2.5 * voxel
    shape = np.ceil((high - low) / voxel).astype(int) + 1
    field = np.full(shape, 2 * voxel, dtype=np.float64)
    for centre, radius in zip(centres, radii, strict=True):
        window, points = _window(centre - radius, centre + radius, low, voxel, shape)
        field[window] = np.minimum(field[window], np.linalg.norm(points - centre, axis=-1) - radius)
    for i, j, radius in necks:
        start, stop = centres[i], centres[j]
        # Only the part about the contact stands out of the spheres: a short rod there is enough.
        unit = (stop - start) / np.linalg.norm(stop - start)
        contact = start + unit * radii[i]
        reach = min(radii[i], radii[j])
        window, points = _window(contact - reach, contact + reach, low, voxel, shape)
        arm = points - contact
        along = np.clip(arm @ unit, -0.7 * reach, 0.7 * reach)
        away = np.linalg.norm(arm - along[..., None] * unit, axis=-1) - radius
        field[window] = np.minimum(field[window], away)
    # No sample lies exactly on the surface: that would make triangles without area.
    field[np.abs(field) < 1e-4 * voxel] = 1e-4 * voxel
    vertices, faces, _, _ = marching_cubes(
        field.astype(np.float32), 0.0, spacing=(voxel,) * 3, gradient_direction="descent"
    )
    return vertices.astype(np.float64) + low, faces.astype(np.int32)


def _window(
    low: Points, high: Points, origin: Points, voxel: float, shape: np.ndarray
) -> tuple[tuple[slice, ...], Points]:
    """Return the part of the grid around a box, and the positions of its samples."""
    first = np.maximum(np.floor((low - origin) / voxel).astype(int) - 2, 0)
    last = np.minimum(np.ceil((high - origin) / voxel).astype(int) + 3, shape)
    axes = [origin[k] + voxel * np.arange(first[k], last[k]) for k in range(3)]
    window = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return window, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
