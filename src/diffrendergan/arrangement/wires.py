"""Wires that cross the whole field, in one mean direction or in all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.bodies import Bodies

CROSSING = 1.25
"""Wires this much longer than their way through the field cross it; shorter ones lie anywhere in it."""


def lay_wires(
    bodies: Bodies,
    sizes: NDArray[np.float64],
    half_width: float,
    direction_deg: float,
    spread_deg: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lay wires along random lines through a square field.

    A line has a direction around the mean one and an equally likely distance from the middle of the field; along it
    the wire is shifted at random, but so that it reaches across the field if it is long enough for that.

    Parameters
    ----------
    bodies : Bodies
        The wires' meshes.
    sizes : float64 (n,)
    half_width
        Of the field [unit].
    direction_deg, spread_deg
        Mean direction in the image, counter-clockwise from its horizontal, and largest deviation [degrees].
    rng

    Returns
    -------
    points : float64 (n, 3)
        x, y, z [unit], all at z = 0.
    angles : float64 (n,)
        Rotations about the vertical that bring the meshes into these directions [rad].
    """
    count = len(sizes)
    angle = np.radians(direction_deg + rng.uniform(-spread_deg, spread_deg, count))
    # On the image, right is −y of Φ and up is −x; a wire's two ends are alike.
    along = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    across = np.stack([along[:, 1], -along[:, 0]], axis=1)
    reach = half_width * np.abs(across).sum(axis=1)
    offset = rng.uniform(-1, 1, count) * reach
    half, field = bodies.lengths * sizes / 2, half_width * np.abs(along).sum(axis=1)
    play = np.where(half > CROSSING * field, half - field, field)
    shift = rng.uniform(-1, 1, count) * play
    points = np.zeros((count, 3))
    points[:, :2] = across * offset[:, None] + along * shift[:, None]
    target = np.arctan2(-along[:, 1], along[:, 0])
    flip = np.pi * rng.integers(0, 2, count)
    return points, target - bodies.headings + flip
