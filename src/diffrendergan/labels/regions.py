"""Regions of label images: numbered anew, small ones left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

CRUMB_PX = 4
"""Parts of so few pixels are slips of the hand or of a network."""
LEAST_GAP_PX = 5
"""Parts that are nearer than this [px] belong together, however small they are."""


def crumbs(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return where a label image (H, W) holds crumbs: parts of at most `CRUMB_PX` far from the rest of their particle.

    Particles that are no larger are none of their own crumbs.
    """
    regions = np.asarray(label(labels, connectivity=2, background=0))
    areas = np.bincount(regions.ravel())
    lost = np.zeros(labels.shape, bool)
    small = np.flatnonzero(areas <= CRUMB_PX)
    small = small[small > 0]
    if not small.size:
        return lost
    places = np.unravel_index(np.unique(regions.ravel(), return_index=True)[1], labels.shape)
    first = {int(regions[y, x]): (int(y), int(x)) for y, x in zip(*places, strict=True)}
    numbers, counts = np.unique(labels[regions > 0], return_counts=True)
    pixels = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    reach = LEAST_GAP_PX + CRUMB_PX
    for region in small.tolist():
        y, x = first[region]
        box = slice(max(0, y - reach), y + reach + 1), slice(max(0, x - reach), x + reach + 1)
        own = regions[box] == region
        others = (labels[box] == labels[y, x]) & ~own
        if pixels[int(labels[y, x])] <= 2 * CRUMB_PX or _near(own, others):
            continue
        lost[box] |= own
    return lost


def _near(part: NDArray[np.bool_], others: NDArray[np.bool_]) -> bool:
    """Tell whether any pixel of one mask lies within `LEAST_GAP_PX` of the other."""
    there, here = np.argwhere(others), np.argwhere(part)
    if not len(there):
        return False
    return bool((np.linalg.norm(there[:, None] - here[None], axis=2) < LEAST_GAP_PX).any())


def numbered(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Give the numbers of a label image anew, 1..k, in the order of the old numbers.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background; numbers may have gaps and exceed 32 bits.

    Returns
    -------
    int32 (H, W)
        A new array; 0 stays 0, and without background the smallest number becomes 1.
    """
    found, order = np.unique(labels, return_inverse=True)
    first = 1 if found.size and found[0] != 0 else 0
    return np.asarray(order.reshape(labels.shape) + first, np.int32)


def connected(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the 4-connected regions of a mask (H, W), numbered 1..k."""
    return np.asarray(label(mask, connectivity=1), np.int32)


def drop_small(labels: NDArray[np.integer], min_region_px: int) -> NDArray[np.int32]:
    """Remove particles of fewer pixels, and number the others 1..k.

    A particle is all that has its number, in however many parts.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, small numbers above.
    min_region_px : int
        Smallest particle kept [px].
    """
    sizes = np.bincount(labels.ravel())
    kept = sizes >= max(min_region_px, 1)
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept), 0)
    return np.asarray(numbers[labels], np.int32)


def remove_small(labels: NDArray[np.integer], min_region_px: int) -> NDArray[np.int32]:
    """Remove small parts of particles, and number the particles that are left 1..k.

    A part is a 4-connected region of one number. Parts of fewer than `min_region_px` pixels become background; a
    particle that an occluder cuts into several large parts stays one particle.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background; numbers may have gaps.
    min_region_px : int
        Smallest part kept [px].

    Returns
    -------
    int32 (H, W)
        A new array.
    """
    labels = np.asarray(labels, dtype=np.int32)
    regions = label(labels, connectivity=1, background=0)
    sizes = np.bincount(regions.ravel())
    return numbered(np.where(sizes[regions] >= min_region_px, labels, 0))
