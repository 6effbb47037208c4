"""Where pixels lie among particles: how far from the outline, from neighbours, how deep, on which side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.twins.rules import RULES

Field = NDArray[np.float32]
Labels = NDArray[np.int32]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Places:
    """Where each pixel of a label image lies, all (H, W).

    Attributes
    ----------
    inside : bool
    ground : float32
        Distance to the outline between particles and ground, positive inside [px].
    other : float32
        Within particles, distance to the nearest other particle that touches [px]; large where there is none.
    neighbour : int32
        The number of that particle.
    depth : float32
        Distance to the particle's own outline over its largest, in (0, 1]; 0 on the ground.
    right, down : float32
        Direction away from the particle, of length 1 at most.
    """

    inside: NDArray[np.bool_]
    ground: Field
    other: Field
    neighbour: Labels
    depth: Field
    right: Field
    down: Field


def places_of(labels: Labels, moved_px: float = 0.0) -> Places:
    """Return where pixels of a label image (H, W) lie, its outlines taken to be so much further in [px]."""
    inside = labels > 0
    beyond = ndimage.distance_transform_edt(~inside) if inside.any() else np.full(labels.shape, 1e3)
    within = ndimage.distance_transform_edt(inside) if not inside.all() else np.full(labels.shape, 1e3)
    # Pixels at either side of an outline are half a pixel from it; smooth, since it does not run along their edges.
    ground = ndimage.gaussian_filter(np.where(inside, within - 0.5, 0.5 - beyond), RULES.outline_blur_px) - moved_px
    other, neighbour = _neighbours(labels)
    own = np.where(inside, np.minimum(within - 0.5, other), 0)
    deepest = np.maximum(ndimage.maximum(own, labels, np.arange(labels.max(initial=0) + 1)), 0.5)
    depth = np.where(inside, np.clip(own / deepest[labels], 0, 1), 0)
    smooth = ndimage.gaussian_filter(own, 1.5)
    down, right = np.gradient(-smooth)
    length = np.maximum(np.hypot(down, right), 1.0)
    parts = (ground, other, depth, right / length, down / length)
    beside, seam, deep, across, along = (np.asarray(part, np.float32) for part in parts)
    return Places(inside, beside, seam, neighbour, deep, across, along)


def _neighbours(labels: Labels) -> tuple[Values, Labels]:
    """Return for each pixel of a label image how far the nearest seam with another particle is, and its number."""
    across = np.zeros(labels.shape, np.int32)
    for axis in (0, 1):
        for step in (-1, 1):
            beside = np.roll(labels, step, axis)
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
            beside[tuple(edge)] = 0
            across = np.where((across == 0) & (labels > 0) & (beside > 0) & (beside != labels), beside, across)
    if not across.any():
        return np.full(labels.shape, 1e3), across
    away, (rows, columns) = ndimage.distance_transform_edt(across == 0, return_indices=True)
    nearest = labels[rows, columns]
    return away + 0.5, np.where(nearest == labels, across[rows, columns], nearest).astype(np.int32)


def fronts_of(pixels: Field, labels: Labels, places: Places) -> NDArray[np.bool_]:
    """Tell for each pixel (H, W) whether its particle is in front of its neighbour: the brighter one at their seam."""
    at = (places.other <= RULES.at_seam_px) & (labels > 0) & (places.neighbour > 0)
    count = int(labels.max(initial=0)) + 1
    key = labels.astype(np.int64) * count + places.neighbour
    pairs, which = np.unique(key[at], return_inverse=True)
    mean = np.bincount(which, pixels[at]) / np.maximum(np.bincount(which), 1) if len(pairs) else np.zeros(0)
    turned = (pairs % count) * count + pairs // count
    found = np.minimum(np.searchsorted(pairs, turned), max(len(pairs) - 1, 0))
    has = pairs[found] == turned if len(pairs) else np.zeros(0, bool)
    front = pairs[has & (mean > np.where(has, mean[found], np.inf))] if len(pairs) else pairs
    return np.asarray(np.isin(key, front))
