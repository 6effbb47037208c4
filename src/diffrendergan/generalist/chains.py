"""Chains of balls in three dimensions, as soot has them, and which ball an eye sees where they overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.errors import PlacementError
from diffrendergan.generalist.bodies import FAMILIES
from diffrendergan.particles.fractal import fractal_cluster
from diffrendergan.rendering.heightfield.scene import Atlas, Placement, Samples, foremost
from diffrendergan.runs.chance import own

ROUND = ("balls", "near balls", "dented balls")
"""Families of which chains are made."""
LEAST_SHARE = 0.25
"""A ball of which the others leave less than this cannot be told from them."""


def chained(
    atlas: Atlas, families: NDArray[np.int64], shape: tuple[int, int], median: float, rng: np.random.Generator
) -> Placement:
    """Lay some chains of balls of nearly one size into an image of `shape` (H, W).

    Each is a fractal cluster (`particles.fractal`) whose balls are pushed a little into each other, seen from one side.
    """
    spread, sunk = float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.75, 1.0))
    dimension, chains = float(rng.uniform(1.5, 2.3)), int(rng.integers(1, 7))
    round_ones = np.flatnonzero(np.isin(families, [k for k, kind in enumerate(FAMILIES) if kind.name in ROUND]))
    if not len(round_ones):
        round_ones = np.arange(len(families))
    rng = own(rng)
    centres, radii = [np.zeros((0, 3))], [np.zeros(0)]
    for _ in range(chains):
        sizes = median / 2 * np.exp(rng.normal(0, spread, int(rng.integers(4, 70))))
        try:
            cluster = fractal_cluster(sizes, dimension, rng)
        except PlacementError:
            continue
        centres.append(cluster * sunk + np.append(rng.uniform(-0.1, 1.1, 2) * shape[::-1], 0.0))
        radii.append(sizes)
    places, reach = np.concatenate(centres), np.concatenate(radii)
    kinds = rng.choice(round_ones, len(reach)).astype(np.int64)
    scale = reach / np.sqrt(atlas.numbers[kinds, 3] / np.pi)
    column, row, height = places.T.astype(np.float32)
    turn, mirrored = rng.uniform(0, 2 * np.pi, len(reach)).astype(np.float32), rng.random(len(reach)) < 0.5
    return Placement(kinds, column, row, height - height.min(initial=0), scale.astype(np.float32), turn, mirrored)


def seen_through(samples: Samples, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return which body an eye sees in each pixel of what is translucent: the one that is relatively deepest there.

    So outlines lie in the valleys between bodies, whichever is in front. Bodies of which `LEAST_SHARE` or less is left
    go to those beside them.

    Returns
    -------
    int32 (H, W)
        The body plus one; 0 is ground.
    """
    within = samples.distance > 0
    owner, pixel, thickness = samples.owner[within], samples.pixel[within], samples.thickness[within]
    if not len(owner):
        return np.zeros(shape, np.int32)
    deepest = np.zeros(int(owner.max()) + 1, np.float32)
    np.maximum.at(deepest, owner, thickness)
    depth = (thickness / np.maximum(deepest[owner], 1e-6)).astype(np.float32)
    labels = _greatest(owner, pixel, depth, shape)
    whole = np.bincount(owner, minlength=len(deepest))
    kept = np.bincount(labels.ravel(), minlength=len(deepest) + 1)[1:] > LEAST_SHARE * whole
    if kept[whole > 0].all() or not kept.any():
        return labels
    covered, some = labels > 0, kept[owner]
    labels = _greatest(owner[some], pixel[some], depth[some], shape)
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return np.where(covered, labels[nearest[0], nearest[1]], 0).astype(np.int32)


def _greatest(
    owner: NDArray[np.int32], pixel: NDArray[np.int32], depth: NDArray[np.float32], shape: tuple[int, int]
) -> NDArray[np.int32]:
    labels = np.zeros(shape[0] * shape[1], np.int32)
    _, seen = foremost(pixel, depth, labels.size)
    labels[pixel[seen]] = owner[seen] + 1
    return labels.reshape(shape)
