"""Bringing true meshes into contact, from places where spheres around them do not overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.collision import Collider
from diffrendergan.arrangement.placement import ATTEMPTS, CANDIDATES, Deadline, Placed, Points, Region
from diffrendergan.errors import PlacementError

DOWN = np.array([0.0, 0.0, -1.0])


def tighten(placed: Placed, collider: Collider, deadline: Deadline, level: bool = False) -> Points:
    """Slide each particle towards the one it was placed against, until it touches any.

    At every moment no meshes overlap, if none did before. With `level`, heights stay as they are.

    Returns
    -------
    float64 (n, 3)
        x, y, z [unit].
    """
    points = placed.points.copy()
    for i, point in enumerate(points):
        collider.put(i, point)
    for done, i in enumerate(placed.order):
        deadline.check(done, len(points))
        parent = placed.parents[i]
        if parent < 0:
            continue
        way = points[parent] - points[i]
        if level:
            way[2] = 0.0
        length = float(np.linalg.norm(way))
        points[i] = collider.slide(int(i), points[i], way / length, length)
        collider.put(int(i), points[i])
    return points


def drop(points: Points, floors: NDArray[np.float64], collider: Collider, deadline: Deadline) -> Points:
    """Let particles fall straight down, the lowest first, each until it touches another or its floor.

    Parameters
    ----------
    points : float64 (n, 3)
        Where they start; those that lie in each other's way must not overlap [unit].
    floors : float64 (n,)
        Height of each centre when the particle lies on the floor [unit].
    collider
    deadline

    Returns
    -------
    float64 (n, 3)
    """
    fallen = points.copy()
    for done, i in enumerate(np.argsort(points[:, 2], kind="stable")):
        deadline.check(done, len(points))
        fall = max(0.0, float(points[i, 2] - floors[i]))
        fallen[i] = collider.slide(int(i), points[i], DOWN, fall)
        collider.put(int(i), fallen[i])
    return fallen


def place_meshes_apart(
    collider: Collider,
    radii: NDArray[np.float64],
    region: Region,
    deadline: Deadline,
    rng: np.random.Generator,
    heights: NDArray[np.float64] | None = None,
) -> Points:
    """Place meshes uniformly so that none overlap, the largest first.

    Parameters
    ----------
    collider : Collider
        With none in place.
    radii : float64 (n,)
        Radii around the meshes [unit].
    region
    deadline
    rng
    heights : float64 (n,), optional
        Of the centres, instead of those of the region.

    Raises
    ------
    PlacementError
        If there is no room; it says how many could be placed.
    """
    points = np.zeros((len(radii), 3))
    best = 0
    for _ in range(ATTEMPTS):
        collider.clear()
        for placed, i in enumerate(np.argsort(-radii, kind="stable")):
            deadline.check(placed, len(radii))
            places = region.points(CANDIDATES, rng)
            if heights is not None:
                places[:, 2] = heights[i]
            free = (place for place in places if collider.free(int(i), place))
            place = next(free, None)
            if place is None:
                best = max(best, placed)
                break
            points[i] = place
            collider.put(int(i), place)
        else:
            return points
    raise PlacementError(
        f"Only {best} of {len(radii)} particles could be placed without overlap of their meshes within "
        f"±{region.half_width:.3g} particle radii (arrangement.limit / arrangement.unit) in {ATTEMPTS} attempts; raise "
        "arrangement.limit, or lower arrangement.unit or particles.count."
    )
