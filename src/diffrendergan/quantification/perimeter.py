"""Perimeters of all particles of a scan, by Crofton's formula.

A line that crosses an outline twice tells its length on average over all lines. Lines through pixel centres in sixteen
directions are counted, which knows no staircase: the error is under 1 % in any direction of an outline. Steps along
the oblique lines are up to 3.6 px long and would pass over thin particles; those are measured with eight directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import atan2, hypot, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHORT_STEPS = ((1, 0), (2, 1), (1, 1), (1, 2))
LONG_STEPS = ((1, 0), (3, 1), (2, 1), (3, 2), (1, 1), (2, 3), (1, 2), (1, 3))
"""Steps (x, y) in the first quadrant; each is turned by 90° as well."""
LEAST_WIDTH_PX = 6.0
"""Particles whose area over half their perimeter, which is about the width of a long one, is less are thin [px]."""

Step = tuple[int, int]


class Perimeters(NamedTuple):
    """Perimeters of particles, shape (k,) each."""

    length: NDArray[np.float64]
    """Length of the outline [px]."""
    thin: NDArray[np.bool_]
    """Whether it was measured in eight directions only."""


def perimeters(labels: NDArray[np.integer], areas: NDArray[np.float64]) -> Perimeters:
    """Return the perimeter of each particle, where it is cut by the border along the border too [px].

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    areas : ndarray, shape (largest label + 1,)
        Pixels of each label [px].

    Returns
    -------
    Perimeters
        By label, shape (largest label + 1,); the values of label 0 mean nothing.

    Source: M. Crofton 1868; S. Lehmann, D. Legland, Insight Journal 2012 (computation in digital images).
    """
    padded = np.pad(labels, 3)
    count = len(areas)
    crossings = {step: _crossings(padded, step, count) for step in {*_turned(SHORT_STEPS), *_turned(LONG_STEPS)}}
    short, long = (_crofton(crossings, _turned(steps)) for steps in (SHORT_STEPS, LONG_STEPS))
    thin = areas < LEAST_WIDTH_PX * short / 2
    return Perimeters(np.where(thin, short, long), thin)


def hull_perimeter(hull: NDArray[np.float64], thin: bool) -> float:
    """Return the perimeter of the convex hull of a particle as `perimeters` would find it in its pixels [px].

    Parameters
    ----------
    hull : ndarray, shape (m, 2)
        Corners of the hull of pixel centres as (row, column) [px].
    thin : bool
        As `perimeters` says of the particle: the same directions make both lengths err alike.
    """
    steps = _turned(SHORT_STEPS if thin else LONG_STEPS)
    # Lines through pixel centres in a direction (x, y) are numbered by column · y − row · x; each that lies between the
    # outermost crosses the hull twice.
    lines = hull @ np.array([(-x, y) for x, y in steps], np.float64).T
    crossings = 2 * (lines.max(axis=0) - lines.min(axis=0) + 1)
    return float(_crofton(dict(zip(steps, crossings, strict=True)), steps))


def _turned(steps: tuple[Step, ...]) -> list[Step]:
    return [*steps, *((-y, x) for x, y in steps)]


def _crossings(padded: NDArray[np.integer], step: Step, count: int) -> NDArray[np.int64]:
    """Count for each label how often lines in one direction enter or leave it."""
    x, y = step
    height, width = padded.shape
    here = padded[: height - y, max(0, -x) : width - max(0, x)]
    there = padded[y:, max(0, x) : width - max(0, -x)]
    differ = here != there
    return np.bincount(here[differ], minlength=count) + np.bincount(there[differ], minlength=count)


def _crofton(crossings: Mapping[Step, NDArray[np.number]], steps: list[Step]) -> NDArray[np.float64]:
    angles = np.array([atan2(y, x) % pi for x, y in steps])
    order = np.argsort(angles)
    ascending = angles[order]
    gaps = np.diff(np.append(ascending, ascending[0] + pi))
    sectors = (gaps + np.roll(gaps, 1)) / 2  # each direction stands for those nearest to it
    total = sum(
        sector / hypot(*steps[index]) * crossings[steps[index]] for sector, index in zip(sectors, order, strict=True)
    )
    return np.asarray(total, np.float64) / 2
