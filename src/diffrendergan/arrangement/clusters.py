"""Clusters of a given fractal dimension, placed as wholes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from diffrendergan.arrangement.placement import ATTEMPTS, SLACK, Deadline, Placed, Points, Region, partition
from diffrendergan.errors import PlacementError
from diffrendergan.particles.fractal import fractal_cluster

TURNS = 60
"""Places at which a cluster is tried before all are drawn anew."""
TOUCH = 1e-6
"""Particles whose gap is under this many radii touch."""


def place_fractal(
    radii: NDArray[np.float64],
    region: Region,
    clusters: int,
    dimension: float,
    deadline: Deadline,
    rng: np.random.Generator,
) -> Placed:
    """Split spheres among 1 … `clusters` fractal clusters and place these so that none overlap.

    Parameters
    ----------
    radii : float64 (n,)
        Positive [unit].
    region
        In which the clusters' centres lie; in one plane the fractal dimension is at most 2.
    clusters
        Most clusters.
    dimension
        Fractal dimension of each.
    deadline
    rng

    Raises
    ------
    PlacementError
        If a cluster cannot be made, or there is no room for all; it says how many could be placed.
    """
    planar = not region.three_dimensional
    labels = partition(len(radii), clusters, rng)
    groups = [np.flatnonzero(labels == number) for number in range(int(labels.max()) + 1)]
    groups.sort(key=len, reverse=True)
    best = 0
    for _ in range(ATTEMPTS):
        points = np.zeros((len(radii), 3))
        done = np.zeros(0, np.int64)
        for number, group in enumerate(groups):
            deadline.check(len(done), len(radii))
            shape = fractal_cluster(radii[group], min(dimension, 2.0) if planar else dimension, rng, planar=planar)
            place = _find_room(shape, radii[group], points[done], radii[done], region, rng)
            if place is None:
                best = max(best, number)
                break
            points[group] = place
            done = np.concatenate([done, group])
        else:
            return _tree(points, radii, groups)
    raise PlacementError(
        f"Only {best} of {len(groups)} clusters could be placed apart from each other within ±{region.half_width:.3g} "
        f"particle radii (arrangement.limit / arrangement.unit) in {ATTEMPTS} attempts; raise arrangement.limit, or "
        "lower arrangement.agglomerates or particles.count."
    )


def _find_room(
    shape: Points,
    radii: NDArray[np.float64],
    others: Points,
    other_radii: NDArray[np.float64],
    region: Region,
    rng: np.random.Generator,
) -> Points | None:
    """Return a cluster moved to where it overlaps none of the others, None if that was not found."""
    for centre in region.points(TURNS, rng):
        moved = shape + centre
        distances = np.linalg.norm(moved[:, None] - others, axis=2)
        if (distances >= (radii[:, None] + other_radii) * (1 - SLACK)).all():
            return moved
    return None


def _tree(points: Points, radii: NDArray[np.float64], groups: list[NDArray[np.int64]]) -> Placed:
    """Return the clusters with a particle for each that it touches, going outwards from one of each cluster."""
    parents = np.full(len(points), -1)
    order: list[int] = []
    for group in groups:
        gaps = np.linalg.norm(points[group][:, None] - points[group], axis=2) - radii[group][:, None] - radii[group]
        touching = sparse.csr_array(gaps < TOUCH * radii[group].min())
        found, before = csgraph.breadth_first_order(touching, 0, directed=False)
        parents[group[found[1:]]] = group[before[found[1:]]]
        order.extend(group[found])
    return Placed(points, parents, np.array(order))
