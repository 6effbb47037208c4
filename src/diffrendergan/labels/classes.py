"""From instance labels to the three classes a segmenter learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BACKGROUND, PARTICLE, CONTOUR = 0, 1, 2
"""Values of a class mask."""

CLASS_NAMES = ("background", "particle", "contour")
"""Names of the classes, in the order of their values."""

CROSS = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Steps to the four neighbours of a pixel."""


def class_mask(labels: NDArray[np.int32], contour_width_px: int) -> NDArray[np.uint8]:
    """Return the class mask of an instance label image.

    A pixel of a particle is contour if its Euclidean distance to the nearest pixel of anything else (background or
    another particle, but not the image border) is at most the contour width. So the four neighbours of every
    particle-class pixel belong to the same particle, and particles that touch are separated 4-connectedly.

    No particle is erased: one that would be all contour is drawn with the widest contour that leaves something of
    it, and one too thin even for a width of 1 px keeps a single pixel, chosen so that it touches no other particle's.
    Only where particles of very few pixels crowd so that no such pixel exists does separation win over survival.

    Parameters
    ----------
    labels : int32 (H, W)
        Instances 1..k on background 0.
    contour_width_px : int
        Width of the contour at the inner boundary of each particle [px], at least 1.

    Returns
    -------
    uint8 (H, W)
        0 background, 1 particle, 2 contour.

    Raises
    ------
    ValueError
        If the labels are not two-dimensional or the width is less than 1.

    Source: Possart et al. 2025, Methods; METHOD §7.
    """
    labels = np.asarray(labels)
    if labels.ndim != 2:
        raise ValueError(f"labels must be of shape (H, W), got {labels.shape}")
    if contour_width_px < 1:
        raise ValueError(f"the contour must be at least 1 px wide, got {contour_width_px}")
    classes = np.where(labels > 0, CONTOUR, BACKGROUND).astype(np.uint8)
    thin: list[tuple[int, int]] = []
    for identifier, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        window = _pad(box, labels.shape)
        own = labels[window] == identifier
        depth = _depth(own)
        deepest = float(depth.max())
        width = contour_width_px if deepest > contour_width_px else int(np.ceil(deepest)) - 1
        if width >= 1:
            classes[window][depth > width] = PARTICLE
        else:
            thin.append((int(own.sum()), identifier))
    _keep_single_pixels(labels, classes, [identifier for _, identifier in sorted(thin)])
    return classes


def _pad(box: tuple[slice, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Widen a box by one pixel, within the image: its ring shows every boundary that is not the image border."""
    return tuple(slice(max(s.start - 1, 0), min(s.stop + 1, n)) for s, n in zip(box, shape, strict=True))


def _depth(own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance of each own pixel to the nearest other pixel [px]; infinite if there is none."""
    if own.all():
        return np.full(own.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(own))


def _keep_single_pixels(labels: NDArray[np.int32], classes: NDArray[np.uint8], identifiers: list[int]) -> None:
    """Give each of these particles one particle-class pixel that touches no other particle's.

    Those with the fewest pixels choose first, and each prefers the pixel with the most own neighbours: every
    particle in this list is thin, so that only its single pixel can touch another's.
    """
    height, width = labels.shape
    for identifier in identifiers:
        best: tuple[int, int, int] | None = None
        for row, column in np.argwhere(labels == identifier):
            around = [(row + dy, column + dx) for dy, dx in CROSS]
            around = [(y, x) for y, x in around if 0 <= y < height and 0 <= x < width]
            if any(classes[y, x] == PARTICLE for y, x in around):
                continue
            own = sum(int(labels[y, x] == identifier) for y, x in around)
            if best is None or own > best[0]:
                best = (own, int(row), int(column))
        if best is not None:
            classes[best[1:]] = PARTICLE
