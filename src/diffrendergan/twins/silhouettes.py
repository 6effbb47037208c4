"""The outlines of particles that were found, as bodies that can be laid into a twin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.rendering.heightfield.relief import SAMPLES, Relief
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.twins.rules import RULES

Labels = NDArray[np.int32]


def bodies_of(scans: Sequence[tuple[Labels, ParticleTable]]) -> Atlas:
    """Return bodies with the outlines of whole particles, the most convex of each size; discs where there are too few.

    Parameters
    ----------
    scans : sequence
        Label images (H, W) with 0 for ground and 1..k for particles, and the table of each in the same order.
    """
    found: list[tuple[float, float, Relief]] = []
    for labels, table in scans:
        slices, present = ndimage.find_objects(labels), np.unique(labels[labels > 0])
        usable = np.flatnonzero(table.whole & (table.diameter >= RULES.least_outline_px))
        convex = usable[table.solidity[usable] >= RULES.convex]
        if len(convex) >= max(RULES.least_outlines, len(usable) / 2):
            usable = convex
        best = usable[np.argsort(-table.solidity[usable], kind="stable")][: RULES.most_outlines]
        for row in best:
            number = int(present[row])
            relief = relief_of(labels[slices[number - 1]] == number)
            found.append((float(table.diameter[row]), float(table.solidity[row]), relief))
    if len(found) < RULES.least_outlines:
        return Atlas.of([relief_of(disc(RULES.disc_px))])
    # Of those of like size the more convex half: the others are cut by neighbours, or are several.
    found.sort(key=lambda one: one[0])
    half = max(2, len(found) // 8)
    groups = [found[start : start + half] for start in range(0, len(found), half)]
    kept = [one for group in groups for one in sorted(group, key=lambda one: -one[1])[: (len(group) + 1) // 2]]
    return Atlas.of([relief for _, _, relief in kept])


def disc(diameter_px: float) -> NDArray[np.bool_]:
    """Return the silhouette of a disc."""
    half = int(np.ceil(diameter_px / 2)) + 1
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    return np.asarray(np.hypot(rows, columns) <= diameter_px / 2)


def relief_of(silhouette: NDArray[np.bool_]) -> Relief:
    """Return a body with a silhouette (h, w), as high as it is wide, in units of its pixels."""
    inside = np.pad(silhouette, 2)
    inside = ndimage.binary_fill_holes(inside)
    distance = np.where(
        inside, ndimage.distance_transform_edt(inside) - 0.5, 0.5 - ndimage.distance_transform_edt(~inside)
    )
    distance = ndimage.gaussian_filter(distance, RULES.outline_blur_px)
    middle = np.array(ndimage.center_of_mass(inside))
    reach = float(np.abs(np.argwhere(inside) - middle).max()) + 1.0
    axis = (np.arange(SAMPLES) + 0.5) * (2 * reach / SAMPLES) - reach
    rows, columns = np.meshgrid(axis + middle[0], axis + middle[1], indexing="ij")
    sampled = ndimage.map_coordinates(distance, [rows, columns], order=1, mode="nearest")
    deepest = float(max(sampled.max(), 0.5))
    top = np.sqrt(np.maximum(deepest**2 - (deepest - np.clip(sampled, 0, deepest)) ** 2, 0))
    maps = np.stack([sampled, top, 2 * top, 1 - top / deepest]).astype(np.float32)
    area = float((sampled > 0).sum()) * (2 * reach / SAMPLES) ** 2
    return Relief(maps, reach, -deepest, deepest, area)
