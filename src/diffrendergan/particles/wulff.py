"""Planes of crystals and of cut octahedra."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from scipy.spatial.transform import Rotation

from diffrendergan.config.shapes import CrystalShape
from diffrendergan.particles.grid import Points
from diffrendergan.particles.polyhedra import Polyhedron, polyhedron

Planes = tuple[Points, Points]
"""Unit normals (n, 3) and distances from the origin (n,)."""

CLIP = 2.5
"""Largest deviation of a plane's distance, in standard deviations."""
SLIMMEST = 4.0
"""Largest ratio of the farthest corner to the nearest facet of a crystal of random planes."""
ZNO, RUTILE, ANATASE = 1.60, 0.644, 2.51
"""Ratios c/a of the unit cells that the angles of the pyramids follow."""
CANDIDATES = 12
"""Directions of which the farthest from all others becomes the next random plane."""


def cut_octahedron(truncation: float) -> Polyhedron | None:
    """Return an octahedron cut by a cube.

    Parameters
    ----------
    truncation
        Where edges are cut, as a fraction of their length: 0 not at all, 1/2 gives a cuboctahedron. From there to 1
        the cube shrinks on until it lies within the octahedron.
    """
    cube = 1 - truncation if truncation <= 0.5 else 0.5 - (truncation - 0.5) / 3
    octahedral = _equivalent((1, 1, 1))
    cubic = _equivalent((1, 0, 0))
    distances = np.concatenate([np.full(len(octahedral), 1 / np.sqrt(3)), np.full(len(cubic), cube)])
    return polyhedron(np.concatenate([octahedral, cubic]), distances)


def crystal(shape: CrystalShape, rng: np.random.Generator) -> Polyhedron | None:
    """Draw a crystal; None if these planes enclose no sound polyhedron.

    Notes
    -----
    Wulff's construction: a facet's distance from the centre is proportional to its surface energy. Ratios of
    distances are drawn once per crystal for each form of equivalent planes, about those of common oxides and metals,
    then each plane's distance deviates on its own by `irregularity`.
    """
    normals, distances = {
        "cubic": _cubic,
        "hexagonal": _hexagonal,
        "tetragonal": _tetragonal,
        "random": lambda rng: _random(shape.planes, rng),
    }[shape.symmetry](rng)
    deviation = np.clip(rng.normal(size=len(distances)), -CLIP, CLIP)
    body = polyhedron(normals, distances * np.exp(shape.irregularity * deviation))
    if body is not None and shape.symmetry == "random" and _slimness(body) > SLIMMEST:
        return None
    return body


def _cubic(rng: np.random.Generator) -> Planes:
    return _forms(
        (_equivalent((1, 0, 0)), 1.0),
        (_equivalent((1, 1, 1)), rng.uniform(0.8, 1.25)),
        (_equivalent((1, 1, 0)), rng.uniform(0.95, 1.3)),
    )


def _hexagonal(rng: np.random.Generator) -> Planes:
    """Prism along x with bases and pyramids, as zinc oxide."""
    prism = np.stack([_turned((0, 1, 0), k * np.pi / 3) for k in range(6)])
    steep = np.arctan(ZNO * 2 / np.sqrt(3))
    length = rng.uniform(0.6, 1.8)
    pyramid_distance = (length * np.cos(steep) + np.sin(steep)) * rng.uniform(0.75, 1.0)
    return _forms((prism, 1.0), (_both_ends(), length), (_pyramids(prism, steep), pyramid_distance))


def _tetragonal(rng: np.random.Generator) -> Planes:
    """Rutile (prisms with low pyramids) or anatase (cut bipyramids) along x, by chance."""
    sides = np.stack([_turned((0, 1, 0), k * np.pi / 2) for k in range(4)])
    diagonals = np.stack([_turned((0, 1, 0), (k + 0.5) * np.pi / 2) for k in range(4)])
    if rng.random() < 0.5:
        steep, length = np.arctan(RUTILE), rng.uniform(1.0, 2.0)
        pyramid_distance = (length * np.cos(steep) + 0.5 * np.sin(steep)) * rng.uniform(0.85, 0.95)
        return _forms(
            (diagonals, 1.0), (sides, rng.uniform(1.0, 1.2)), (_pyramids(sides, steep), pyramid_distance),
            (_both_ends(), length),
        )  # fmt: skip
    steep = np.arctan(ANATASE)
    # The bipyramid's apex lies at 1 / cos(steep); its bases cut that off.
    return _forms((_pyramids(sides, steep), 1.0), (_both_ends(), rng.uniform(0.45, 0.85) / np.cos(steep)))


def _random(count: tuple[int, int], rng: np.random.Generator) -> Planes:
    number = int(rng.integers(count[0], count[1] + 1))
    normals = Rotation.random(rng=rng).as_matrix()[:1]
    while len(normals) < number:
        candidates = rng.normal(size=(CANDIDATES, 3))
        candidates /= np.linalg.norm(candidates, axis=1, keepdims=True)
        farthest = (candidates @ normals.T).max(axis=1).argmin()
        normals = np.concatenate([normals, candidates[farthest : farthest + 1]])
    return normals, np.ones(number)


def _forms(*forms: tuple[Points, float]) -> Planes:
    return (
        np.concatenate([normals for normals, _ in forms]),
        np.concatenate([np.full(len(normals), distance) for normals, distance in forms]),
    )


def _equivalent(indices: tuple[int, int, int]) -> Points:
    """Return the unit normals of all planes that a cube's symmetry makes of one."""
    signed = {
        tuple(sign * index for sign, index in zip(signs, order, strict=True))
        for order in permutations(indices)
        for signs in product((1, -1), repeat=3)
    }
    normals = np.array(sorted(signed), dtype=np.float64)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _turned(vector: tuple[float, float, float], angle: float) -> Points:
    return np.asarray(Rotation.from_euler("x", angle).apply(vector))


def _both_ends() -> Points:
    return np.array([[1.0, 0, 0], [-1.0, 0, 0]])


def _pyramids(sides: Points, steep: float) -> Points:
    """Return the planes that lean over `sides`, at both ends; `steep` is the angle of their normals to x."""
    upper = np.sin(steep) * sides + np.cos(steep) * np.array([1.0, 0, 0])
    return np.concatenate([upper, upper * (-1, 1, 1)])


def _slimness(body: Polyhedron) -> float:
    nearest = min(
        float(normal @ body.corners[facet[0]]) for normal, facet in zip(body.normals(), body.facets, strict=True)
    )
    return float(np.linalg.norm(body.corners, axis=1).max()) / max(nearest, 1e-9)
