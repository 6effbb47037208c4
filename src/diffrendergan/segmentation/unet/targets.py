"""What a network learns of each pixel of a training crop, made anew for every crop: its class and its distance.

`synthesis.classes.class_mask` measures each particle by itself and takes a third of a training step; here whole
label images are compared with shifted copies of themselves, which gives the same classes except for particles too
thin for a contour of 1 px, which stay all contour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.labels.classes import BACKGROUND, CONTOUR, PARTICLE

DISTANCE_PX = 8.0
"""Distance from the boundary at which the target of the distance head is 1 [px]."""


def crop_classes(labels: NDArray[np.int32], contour_width_px: int) -> NDArray[np.uint8]:
    """Return classes: contour where another region lies within the contour width, as in `class_mask`.

    A particle that would be all contour gets the widest contour that leaves something of it.

    Parameters
    ----------
    labels : int32 (H, W)
        Instances, 0 background.
    contour_width_px : int
        Width of the contour at the inner boundary of each particle [px].

    Returns
    -------
    uint8 (H, W)
        0 background, 1 particle, 2 contour.

    Source: METHOD §7.
    """
    classes = np.where(labels > 0, CONTOUR, BACKGROUND).astype(np.uint8)
    pending = labels > 0
    for width in range(contour_width_px, 0, -1):
        inner = pending & ~near_another(labels, width)
        classes[inner] = PARTICLE
        if width == 1 or not pending.any():
            break
        pending &= np.bincount(labels[inner], minlength=labels.max() + 1)[labels] == 0
    return classes


def crop_distance(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the distance of each pixel from the boundary of its particle, as a fraction of `DISTANCE_PX`.

    Where two particles touch, the values of both fall to nearly 0, also where no neck and no contrast shows it.
    Larger distances are cut off: how far the boundary is can be seen nearby, how large a particle is cannot.

    Parameters
    ----------
    labels : int32 (H, W)
        Instances, 0 background. The image border is no boundary.

    Returns
    -------
    float32 (H, W)
        In (0, 1] in particles, 0 in the background.
    """
    inside = labels > 0
    edge = near_another(labels, 1)
    if not edge.any():
        return inside.astype(np.float32)
    # The boundary runs between pixels: half a pixel from the centres of those at it.
    distance = ndimage.distance_transform_edt(~edge) + 0.5
    return np.where(inside, np.minimum(distance / DISTANCE_PX, 1), 0).astype(np.float32)


def near_another(labels: NDArray[np.int32], distance: int) -> NDArray[np.bool_]:
    """Return where a pixel of another label lies within a Euclidean distance [px]; the image border does not count."""
    result = np.zeros(labels.shape, bool)
    height, width = labels.shape
    for dy in range(min(distance, height - 1) + 1):
        for dx in range(-min(distance, width - 1), min(distance, width - 1) + 1):
            if (dy == 0 and dx <= 0) or dy * dy + dx * dx > distance * distance:
                continue
            here = (slice(0, height - dy), slice(max(-dx, 0), width - max(dx, 0)))
            there = (slice(dy, height), slice(max(dx, 0), width - max(-dx, 0)))
            differs = labels[here] != labels[there]
            result[here] |= differs
            result[there] |= differs
    return result
