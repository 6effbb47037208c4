"""Packed layers: spheres dropped one after the other, each rolling down to where it rests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.placement import Deadline, Placed

COMPASS = np.stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)], axis=1)
"""Directions in which a sphere may roll."""
FINEST = 1e-3
"""A sphere rests once no step of this many radii leads further down."""


def settle(
    radii: NDArray[np.float64], half_width: float, floor: float, deadline: Deadline, rng: np.random.Generator
) -> Placed:
    """Drop spheres at random places of a square box and let each roll down until it rests.

    A sphere that comes down at (x, y) lands at a height that follows from the spheres below; it rolls to where that
    height has its next minimum, on three spheres or on the floor, and stays there.

    Parameters
    ----------
    radii : float64 (n,)
        Positive [unit].
    half_width
        Of the square in which the centres stay [unit].
    floor
        Height of the floor [unit].
    deadline
    rng

    Returns
    -------
    Placed
        Without overlap; parents are -1.

    Notes
    -----
    After Visscher and Bolsterli 1972, "Random packing of equal and unequal spheres".
    """
    points = np.zeros((len(radii), 3))
    order = rng.permutation(len(radii))
    for placed, i in enumerate(order):
        deadline.check(placed, len(radii))
        below = order[:placed]
        bed = _Bed(points[below], radii[below], radii[i], floor)
        points[i] = bed.roll(rng.uniform(-half_width, half_width, 2), half_width)
    return Placed(points, np.full(len(radii), -1), order)


class _Bed:
    """What a sphere of one radius falls on."""

    def __init__(self, centres: NDArray[np.float64], radii: NDArray[np.float64], radius: float, floor: float) -> None:
        self._xy, self._z = centres[:, :2], centres[:, 2]
        self._reach = (radii + radius) ** 2
        self._radius = radius
        self._lowest = floor + radius

    def heights(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the height at which the sphere's centre lands at places (k, 2)."""
        offsets = places[:, None] - self._xy
        under = self._reach - np.einsum("ijk,ijk->ij", offsets, offsets)
        tops = np.where(under > 0, self._z + np.sqrt(under.clip(0)), -np.inf)
        return np.maximum(tops.max(axis=1, initial=-np.inf), self._lowest)

    def roll(self, start: NDArray[np.float64], half_width: float) -> NDArray[np.float64]:
        """Return where the sphere rests, (3,)."""
        place, step = start, self._radius / 2
        height = float(self.heights(place[None])[0])
        while step > FINEST * self._radius and height > self._lowest:
            places = np.clip(place + step * COMPASS, -half_width, half_width)
            heights = self.heights(places)
            best = int(heights.argmin())
            if heights[best] < height:
                place, height = places[best], float(heights[best])
            else:
                step /= 2
        return np.array([*place, height])
