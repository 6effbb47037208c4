"""Clusters of touching spheres with a given fractal dimension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import PlacementError

Points = NDArray[np.float64]

MAX_TRIES = 20
PARENTS = 24
"""Spheres that are tried as the neighbour of a new one at a time."""
FIRST_PARENTS = 4
ANGLES = 24
"""Positions around each of them."""
WIDENING = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""How far the distance of a new sphere may miss the law, as a fraction, when nothing else is free: the next ones
make up for it."""
TOLERANCE = 0.1
"""Relative error of the final radius of gyration that is accepted."""
GAP = 1e-10
"""Overlap that counts as a touch, as a fraction of the sum of two radii."""


def fractal_cluster(
    radii: NDArray[np.float64],
    dimension: float,
    rng: np.random.Generator,
    planar: bool = False,
    prefactor: float = 1.3,
) -> NDArray[np.float64]:
    """Return the centres of touching spheres that form one cluster with N = k·(Rg / a)^D.

    Spheres are added one by one, each in touch with one that is there already and at that distance from the
    centre which moves the radius of gyration Rg onto the law.

    Parameters
    ----------
    radii : float64 (n,)
        Radii of the spheres, in any unit; a is their root mean square.
    dimension
        Fractal dimension D, from 1 (a chain) to 3 (compact).
    rng
        Source of all randomness.
    planar
        Keep all centres in the plane z = 0.
    prefactor
        k of the law.

    Returns
    -------
    float64 (n, 3)
        Centres in the order and unit of `radii`, with their mean at the origin. Each sphere touches another one, and
        all hang together; none overlap.

    Raises
    ------
    PlacementError
        If there is no room for so dense a cluster, or a chain cannot be so long.

    Notes
    -----
    Source: Filippov, Zurita & Rosner, J. Colloid Interface Sci. 229 (2000) 261, the sequential algorithm, here for
    spheres of different size and with Rg² = mean |r - mean r|² + 3/5 a², the radius of gyration of solid spheres,
    which holds for a single sphere too. Distances are chosen from the Rg that was reached, so that errors do not
    add up.
    """
    radii = np.asarray(radii, dtype=np.float64)
    if radii.ndim != 1 or len(radii) == 0 or not (np.isfinite(radii).all() and radii.min() > 0):
        raise PlacementError("A cluster needs spheres whose radii are above zero; correct the size distribution.")
    if len(radii) <= 2:
        return _pair(radii, rng, planar)
    size = np.sqrt((radii**2).mean())
    wanted = _law(len(radii), size, dimension, prefactor)
    for _ in range(MAX_TRIES):
        order = rng.permutation(len(radii))
        grown = _grow(radii[order], size, dimension, prefactor, rng, planar)
        if grown is not None and abs(gyration_radius(grown, radii) / wanted - 1) <= TOLERANCE:
            centres = np.empty_like(grown)
            centres[order] = grown
            return centres - centres.mean(axis=0)
    raise PlacementError(
        f"{len(radii)} {'discs in a plane' if planar else 'spheres'} cannot form a cluster of fractal dimension "
        f"{dimension:g}; {'lower it' if dimension > 1.5 else 'raise it'}, or take fewer particles."
    )


def gyration_radius(centres: Points, radii: NDArray[np.float64]) -> float:
    """Return the radius of gyration of equally heavy solid spheres, in the unit of the arguments.

    Parameters
    ----------
    centres : float64 (n, 3)
    radii : float64 (n,)
    """
    spread = ((centres - centres.mean(axis=0)) ** 2).sum(axis=1).mean()
    return float(np.sqrt(spread + 0.6 * (radii**2).mean()))


def _law(number: int, size: float, dimension: float, prefactor: float) -> float:
    return float(size * (number / prefactor) ** (1 / dimension))


def _pair(radii: Points, rng: np.random.Generator, planar: bool) -> Points:
    centres = np.zeros((len(radii), 3))
    if len(radii) == 2:
        centres[1] = _direction(rng, planar) * radii.sum()
    return centres - centres.mean(axis=0)


def _direction(rng: np.random.Generator, planar: bool) -> Points:
    vector = rng.normal(size=3) * (1, 1, 0 if planar else 1)
    return vector / np.linalg.norm(vector)


def _grow(
    radii: Points, size: float, dimension: float, prefactor: float, rng: np.random.Generator, planar: bool
) -> Points | None:
    """Add the spheres in the given order; None where one finds no place."""
    centres = np.zeros((len(radii), 3))
    centres[1] = _direction(rng, planar) * (radii[0] + radii[1])
    for n in range(2, len(radii)):
        middle = centres[:n].mean(axis=0)
        moment = ((centres[:n] - middle) ** 2).sum()
        target = _law(n + 1, size, dimension, prefactor) ** 2 - 0.6 * size**2
        # Adding a point at the distance d from the mean of n others adds n / (n + 1)·d² to their moment.
        distance = np.sqrt(max((n + 1) * target - moment, 0.0) * (n + 1) / n)
        place = _free_place(centres[:n], radii[:n], radii[n], middle, distance, rng, planar)
        if place is None:
            return None
        centres[n] = place
    return centres


def _free_place(
    centres: Points,
    radii: Points,
    radius: float,
    middle: Points,
    distance: float,
    rng: np.random.Generator,
    planar: bool,
) -> Points | None:
    """Find where a new sphere touches one and overlaps none, at about `distance` from `middle`."""
    away = np.linalg.norm(centres - middle, axis=1)
    reach = radii + radius
    for width in WIDENING:
        for factor in (1 + width, 1 - width) if width else (1.0,):
            # Beyond the farthest or nearest reachable distance, the nearest to it is taken.
            wanted = np.clip(distance * factor, 1e-9, (away + reach).max() * (1 - 1e-9))
            touching = np.flatnonzero((wanted < away + reach) & (wanted > np.abs(away - reach)))
            shuffled = rng.permutation(touching)[:PARENTS]
            # A few are mostly enough; the rest is only tried if they are shut in.
            for chosen in (shuffled[:FIRST_PARENTS], shuffled[FIRST_PARENTS:]):
                places = _circles(centres[chosen], reach[chosen], middle, wanted, rng, planar)
                offsets = places[:, None] - centres
                squared = np.einsum("ijk,ijk->ij", offsets, offsets)
                free = np.flatnonzero((squared >= (reach * (1 - GAP)) ** 2).all(axis=1))
                if len(free):
                    return places[rng.choice(free)]
    return None


def _cross(a: Points, b: Points) -> Points:
    """Return the cross products of rows; NumPy's own spends more time on its axes than on this."""
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)


def _circles(
    centres: Points, reach: Points, middle: Points, distance: float, rng: np.random.Generator, planar: bool
) -> Points:
    """Return points at `reach` from each of `centres` and at `distance` from `middle`, (m, 3)."""
    if len(centres) == 0:
        return np.empty((0, 3))
    axis = middle - centres
    between = np.linalg.norm(axis, axis=1, keepdims=True)
    aligned = between[:, 0] < 1e-12
    axis = np.where(aligned[:, None], (1.0, 0.0, 0.0), axis / np.where(aligned[:, None], 1.0, between))
    between = np.maximum(between, 1e-12)
    # Where the circle's plane cuts the line from the touched sphere to the middle.
    along = (between**2 + reach[:, None] ** 2 - distance**2) / (2 * between)
    across = np.sqrt(np.maximum(reach[:, None] ** 2 - along**2, 0))
    along = np.clip(along, -reach[:, None], reach[:, None])
    if planar:
        side = np.stack([-axis[:, 1], axis[:, 0], np.zeros(len(axis))], axis=1)
        ring = np.stack([side, -side], axis=1)
    else:
        helper = np.eye(3)[np.abs(axis).argmin(axis=1)]
        first = _cross(axis, helper)
        first /= np.linalg.norm(first, axis=1, keepdims=True)
        second = _cross(axis, first)
        angle = rng.uniform(0, 2 * np.pi, (len(axis), ANGLES, 1))
        ring = np.cos(angle) * first[:, None] + np.sin(angle) * second[:, None]
    return (centres[:, None] + along[:, None] * axis[:, None] + across[:, None] * ring).reshape(-1, 3)
