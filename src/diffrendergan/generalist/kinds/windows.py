"""The parts of a scan that its kind is told from, at a magnification that the training knew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.standard import standardised
from diffrendergan.micrographs.resampling import nearest, resized, scaled_shape
from diffrendergan.micrographs.types import LabelImage, Micrograph
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.sizes.units import equivalent_diameters

EDGE_PX = 256
"""Edge of the windows, that of the generalist's training images [px]."""
LARGEST_PX = 100.0
"""Scans whose particles are larger in the median are made smaller for the look [px]: nearly all of the training's are
below; else they are looked at as they are, since resampling changes the noise."""
MOST_WINDOWS = 2
"""Windows of a scan that are looked at: those that show most of particles, and ground beside them."""


def windows_of(scan: Micrograph, labels: LabelImage, most: int = MOST_WINDOWS) -> NDArray[np.float32]:
    """Return windows of a scan, each brought to its own mean and spread, shape (n, P, P).

    Parameters
    ----------
    scan : Micrograph
    labels : int32 (H, W)
        Its particles; without any, windows are those in the middle of the field.
    most : int
        How many windows at most.
    """
    pixels, particle = scan.pixels, (labels > 0).astype(np.uint8)
    field = np.ones(pixels.shape, np.uint8) if scan.field is None else scan.field.astype(np.uint8)
    areas = np.bincount(labels.ravel())[1:]
    median = float(np.median(equivalent_diameters(areas[areas > 0]))) if areas.any() else 0.0
    if median > LARGEST_PX:
        shape = scaled_shape(pixels.shape, LARGEST_PX / median)
        pixels, particle, field = resized(pixels, shape), nearest(particle, shape), nearest(field, shape)
    missing = [max(0, EDGE_PX - length) for length in pixels.shape]
    pad = [(0, amount) for amount in missing]
    pixels = np.pad(pixels, pad, mode="symmetric")
    particle, field = np.pad(particle, pad), np.pad(field, pad)
    corners = window_corners(pixels.shape[0], pixels.shape[1], EDGE_PX, EDGE_PX)
    shares = np.array(
        [[part[y : y + EDGE_PX, x : x + EDGE_PX].mean() for part in (particle, field)] for x, y in corners]
    )
    middle = -np.abs(corners - (np.array(pixels.shape[::-1]) - EDGE_PX) / 2).sum(axis=1) / sum(pixels.shape)
    # Windows half full of particles show most of both; of equal ones those in the middle count.
    worth = shares[:, 1] + 2 * np.minimum(shares[:, 0], 0.5) - 0.5 * (shares[:, 0] > 0.95) + 0.01 * middle
    chosen = corners[np.argsort(-worth, kind="stable")[:most]]
    return np.stack([standardised(np.ascontiguousarray(pixels[y : y + EDGE_PX, x : x + EDGE_PX])) for x, y in chosen])
