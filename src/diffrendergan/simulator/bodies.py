"""Particle shapes: boxes with cut corners and rounded edges, as height fields.

A body is { p : G(p) ≤ 1 } with G(p) = (Σ_i max(0, a_i·p)^q)^(1/q) over its planes i. For q → ∞ it is the convex
polyhedron of the planes a_i·p ≤ 1; a finite q rounds edges and corners. G is convex and scales with p, so Newton's
iteration from outside finds the upper surface without overshooting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POWERS = (3, 4, 6, 9)
"""Roundnesses that are drawn: from pebble to crystal."""

NEWTON_STEPS = 8
SURFACE_TOLERANCE = 0.01
"""Relative error of G at which a ray counts as having met the surface."""

STEEPEST = 12.0
"""Largest slope kept: beyond it the height field cannot resolve a surface."""


@dataclass(frozen=True)
class Body:
    """A convex body around the origin.

    Attributes
    ----------
    planes : float32 (F, 3)
        a_i, in reciprocal samples; columns x, y, z.
    power : int
        q.
    radius : float
        Radius of the sphere of the same volume [samples].
    reach : float
        No point of the body is further from the origin than this [samples].
    """

    planes: NDArray[np.float32]
    power: int
    radius: float
    reach: float


@dataclass(frozen=True)
class Footprint:
    """A body seen from above, on a square grid of (n, n) samples.

    Attributes
    ----------
    inside : bool (n, n)
        The silhouette.
    top, bottom : float32 (n, n)
        Height of the upper and lower surface over the body's origin [samples]; valid inside.
    slope_x, slope_y : float32 (n, n)
        Slope of the upper surface along columns and rows; valid inside.
    """

    inside: NDArray[np.bool_]
    top: NDArray[np.float32]
    bottom: NDArray[np.float32]
    slope_x: NDArray[np.float32]
    slope_y: NDArray[np.float32]


def make_body(rng: np.random.Generator, radius: float, elongation: float, cuts: tuple[int, int]) -> Body:
    """Draw a box with edges up to `elongation` apart, cut by some planes, turned at random, of a given volume.

    Parameters
    ----------
    radius : float
        Radius of the sphere of the same volume [samples].
    elongation : float
        Largest ratio of two edges.
    cuts : (int, int)
        Fewest and most planes that cut corners off.
    """
    halves = np.exp(rng.uniform(-0.5, 0.5, 3) * np.log(elongation))
    axes = np.concatenate([np.diag(1 / halves), np.diag(-1 / halves)])
    # Opposite faces at unequal distances: a box that is no longer symmetric.
    axes /= rng.uniform(0.9, 1.1, (6, 1))
    normals = _directions(rng, int(rng.integers(cuts[0], cuts[1] + 1)))
    # A plane at the distance of the box's corner in its direction would touch; these go deeper.
    support = np.abs(normals * halves).sum(1, keepdims=True)
    planes = np.concatenate([axes, normals / (support * rng.uniform(0.62, 0.85, (len(normals), 1)))])
    planes = planes @ _rotation(rng).T
    power = int(rng.choice(POWERS))
    radial = 1 / _gauge(planes, power, _sphere(400))
    equivalent = float(np.mean(radial**3) ** (1 / 3))
    scale = radius / equivalent
    # 5 %: the directions are 400 samples of the surface, whose farthest point may lie between them.
    return Body((planes / scale).astype(np.float32), power, radius, float(radial.max()) * scale * 1.05)


def view(body: Body, shift_x: float = 0.0, shift_y: float = 0.0) -> Footprint:
    """Look at a body from above.

    Parameters
    ----------
    body : Body
        What to look at.
    shift_x, shift_y : float
        Where its origin lies relative to the grid's central sample [samples], within ±0.5.
    """
    half = int(np.ceil(body.reach)) + 1
    axis = np.arange(-half, half + 1, dtype=np.float32)
    y, x = np.meshgrid(axis - np.float32(shift_y), axis - np.float32(shift_x), indexing="ij")
    disk = np.hypot(x, y) <= body.reach
    flat = body.planes[:, :2] @ np.stack([x[disk], y[disk]])
    sphere = np.sqrt(np.maximum(body.reach**2 - x[disk] ** 2 - y[disk] ** 2, 0))
    top, hit, gradient = _upper_surface(flat, body.planes, body.power, sphere)
    mirrored = body.planes * np.array([1, 1, -1], np.float32)
    bottom, hit_below, _ = _upper_surface(flat, mirrored, body.power, sphere)

    def spread(values: NDArray) -> NDArray[np.float32]:
        full = np.zeros(disk.shape, np.float32)
        full[disk] = values
        return full

    inside = np.zeros_like(disk)
    inside[disk] = hit & hit_below & (top > -bottom)
    vertical = np.maximum(gradient[2], 1e-6)
    slope_x, slope_y = (np.clip(-gradient[i] / vertical, -STEEPEST, STEEPEST) for i in (0, 1))
    return Footprint(inside, spread(top), spread(-bottom), spread(slope_x), spread(slope_y))


def _upper_surface(
    flat: NDArray[np.float32], planes: NDArray[np.float32], power: int, start: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    """Find the highest z with G = 1 over each point.

    Parameters
    ----------
    flat : float32 (F, P)
        a_ix x + a_iy y of the points.
    start : float32 (P,)
        Heights above the body to start from: those of a sphere around it.

    Returns
    -------
    z : float32 (P,)
    hit : bool (P,)
        Whether the vertical line meets the body at all.
    gradient : float32 (3, P)
        Gradient of G there.
    """
    rise = planes[:, 2:3]
    z = start
    alive = np.ones(flat.shape[1], bool)
    for _ in range(NEWTON_STEPS):
        excess = np.maximum(flat + rise * z, 0)
        less_one = _power(excess, power - 1)
        total = np.maximum((less_one * excess).sum(0), 1e-20)
        value = total ** np.float32(1 / power)
        slope = (less_one * rise).sum(0) * value / total
        # Past the minimum of G along the line without having met the body: it passes beside it.
        alive &= (slope > 1e-6) | (value <= 1 + SURFACE_TOLERANCE)
        z = np.where(alive, z - (value - 1) / np.maximum(slope, 1e-6), z).astype(np.float32)
        np.maximum(z, -start, out=z)
    excess = np.maximum(flat + rise * z, 0)
    less_one = _power(excess, power - 1)
    total = np.maximum((less_one * excess).sum(0), 1e-20)
    value = total ** np.float32(1 / power)
    gradient = planes.T @ less_one * (value / total)
    hit = alive & (np.abs(value - 1) <= SURFACE_TOLERANCE)
    return z, hit, gradient.astype(np.float32)


def _power(base: NDArray[np.float32], exponent: int) -> NDArray[np.float32]:
    """Raise to a whole power by squaring: several times faster than `**` on float32."""
    result: NDArray[np.float32] | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else result * base
        exponent >>= 1
        if exponent:
            base = base * base
    assert result is not None
    return result


def _gauge(planes: NDArray, power: int, points: NDArray) -> NDArray[np.float64]:
    """Return G at points (P, 3)."""
    return np.asarray((np.maximum(points @ planes.T, 0) ** power).sum(1) ** (1 / power))


def _sphere(count: int) -> NDArray[np.float64]:
    """Return evenly spread directions (Fibonacci lattice), shape (count, 3)."""
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    azimuth = np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), z], axis=1)


def _directions(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw directions uniformly on the sphere, shape (count, 3)."""
    vectors = rng.normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a rotation uniformly: the orthonormal factor of a Gaussian matrix, with its signs fixed."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q
