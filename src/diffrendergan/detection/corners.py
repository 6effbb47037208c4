"""Corners of outlines: how far an outline's distance from its middle follows a square or a hexagon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.types import LabelImage

Values = NDArray[np.float64]

ANGLES = 32
"""Directions in which the distance is taken; twice as many as two harmonics above six need."""
LEAST_SEEN = 24
"""Of so many directions at least, the outline has a pixel; smaller particles have no corners that could be seen."""


def corner_harmonics(labels: LabelImage, x: Values, y: Values) -> tuple[Values, Values]:
    """Return the fourth and the sixth harmonic of outlines.

    The distance of an outline from its middle is a function of the direction; its Fourier series tells corners: a
    square has 0.13 of the fourth harmonic, a hexagon 0.06 of the sixth, both less where corners are rounded; a disc has
    nothing, and an ellipse of aspect 1.5 has 0.03 of the fourth.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, others particles.
    x, y : ndarray, shape (k,)
        Centroids in the order of the numbers [px].

    Returns
    -------
    fourfold, sixfold : ndarray, shape (k,)
        Amplitudes, as fractions of the mean distance; NaN for particles of too few pixels.
    """
    rows, columns = np.nonzero(_outlines(labels))
    numbers = np.unique(labels[labels > 0])
    which = np.searchsorted(numbers, labels[rows, columns])
    down, right = rows - y[which], columns - x[which]
    sector = np.floor((np.arctan2(down, right) / (2 * np.pi) % 1) * ANGLES).astype(np.int64) % ANGLES
    place, size = which * ANGLES + sector, len(numbers) * ANGLES
    seen = np.bincount(place, minlength=size).reshape(-1, ANGLES)
    distance = np.bincount(place, np.hypot(down, right), size).reshape(-1, ANGLES)
    known = seen > 0
    mean = np.where(known, distance / np.maximum(seen, 1), 0)
    for one in np.flatnonzero(~known.all(axis=1) & (known.sum(axis=1) >= LEAST_SEEN)):
        there = np.flatnonzero(known[one])
        mean[one] = np.interp(np.arange(ANGLES), there, mean[one, there], period=ANGLES)
    spectrum = np.abs(np.fft.rfft(mean, axis=1))
    waves = 2 * spectrum[:, [4, 6]] / np.maximum(spectrum[:, :1], 1e-9)
    waves[known.sum(axis=1) < LEAST_SEEN] = np.nan
    return waves[:, 0], waves[:, 1]


def _outlines(labels: LabelImage) -> NDArray[np.bool_]:
    """Tell which pixels of particles adjoin another number, or the border."""
    wide = np.pad(labels, 1)
    inner = wide[1:-1, 1:-1]
    beside = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    return np.asarray((inner > 0) & np.any([other != inner for other in beside], axis=0))
