"""The undeformed shape of each family, drawn from its configuration."""

from __future__ import annotations

import numpy as np

from diffrendergan.config.shapes import (
    AggregateShape,
    CrystalShape,
    CuboidShape,
    EllipsoidShape,
    IrregularShape,
    OctahedronShape,
    PlateletShape,
    RodShape,
    SphereShape,
    SuperquadricShape,
    WireShape,
)
from diffrendergan.errors import ConfigError
from diffrendergan.particles.aggregate import aggregate
from diffrendergan.particles.budget import is_sound
from diffrendergan.particles.deform import bend_flat
from diffrendergan.particles.grid import Points, Surface, sphere_grid
from diffrendergan.particles.irregular import irregular
from diffrendergan.particles.platelets import platelet
from diffrendergan.particles.polyhedra import Polyhedron, rounded_polyhedron
from diffrendergan.particles.rods import rod, tapered_wire
from diffrendergan.particles.rounds import ellipsoid, rounded_cube, superquadric
from diffrendergan.particles.wulff import crystal, cut_octahedron

MAX_TRIES = 20
MIN_WIRE_RADIUS = 1e-3
"""Thinner wires are lost in the rounding of coordinates, and in any image [unit]."""
MAX_WIRE_BEND = 3.0
"""Below pi a wire cannot meet itself [rad]."""
FACES_OF_PRIMARY = 12
"""Faces that a sphere in an aggregate needs at least."""

MadeShape = (
    SphereShape
    | EllipsoidShape
    | SuperquadricShape
    | CuboidShape
    | OctahedronShape
    | RodShape
    | WireShape
    | PlateletShape
    | CrystalShape
    | IrregularShape
    | AggregateShape
)
"""Shapes that are made, not read."""


def draw_shape(shape: MadeShape, faces: int, rng: np.random.Generator) -> Surface:
    """Draw a shape: long ones lie along x, flat ones in the plane y = 0.

    Parameters
    ----------
    shape
        The family and its ranges.
    faces
        Wanted number of triangles, at least 100; kept within 30 %.
    rng
        Source of all randomness.

    Raises
    ------
    ConfigError
        If the parameters make no such shape.
    PlacementError
        If an aggregate cannot be as compact as asked.
    """
    match shape:
        case SphereShape():
            return sphere_grid(faces)
        case EllipsoidShape():
            flatness, elongation = _ratio(shape.flatness, rng), _ratio(shape.elongation, rng)
            return ellipsoid(faces, (flatness * elongation, 1.0, flatness))
        case SuperquadricShape():
            vertices, triangles = superquadric(faces, _ratio(shape.exponent, rng), _ratio(shape.vertical_exponent, rng))
            return vertices * rng.permutation(_axes(shape.elongation, rng)), triangles
        case CuboidShape():
            vertices, triangles = rounded_cube(faces, rng.uniform(*shape.rounding))
            return vertices * _axes(shape.elongation, rng), triangles
        case OctahedronShape():
            body = cut_octahedron(rng.uniform(*shape.truncation))
            return rounded_polyhedron(_sound(body), rng.uniform(*shape.rounding), faces)
        case RodShape():
            return rod(faces, _ratio(shape.aspect, rng), shape.ends)
        case WireShape():
            return _wire(shape, faces, rng)
        case PlateletShape():
            return platelet(faces, _ratio(shape.aspect, rng), shape.corners, rng.uniform(*shape.rounding))
        case CrystalShape():
            return _crystal(shape, faces, rng)
        case IrregularShape():
            vertices, triangles = irregular(faces, shape.roughness, shape.wavelength, rng)
            return vertices * _axes(shape.elongation, rng), triangles
        case AggregateShape():
            return _aggregate(shape, faces, rng)


def check_wire(shape: WireShape) -> None:
    """Refuse wires that are no bent cones.

    Raises
    ------
    ConfigError
        If a wire is too thin, too short, or meets itself.
    """
    if shape.radius < MIN_WIRE_RADIUS:
        raise ConfigError(
            f"particles.shape.radius = {shape.radius:g} is too thin for a bent cone; "
            f"it must be at least {MIN_WIRE_RADIUS:g} of arrangement.unit."
        )
    if shape.length < 4 * shape.radius:
        raise ConfigError(
            f"particles.shape.length = {shape.length:g} is less than four times particles.shape.radius = "
            f"{shape.radius:g}; make bent cones longer or thinner, or choose another particles.shape.family."
        )
    limit = min(MAX_WIRE_BEND, 0.3 * shape.length / shape.radius)
    if shape.bend > limit:
        raise ConfigError(
            f"particles.shape.bend = {shape.bend:g} rad makes a bent cone of length {shape.length:g} and radius "
            f"{shape.radius:g} meet itself; it may be at most {limit:.3g}."
        )


def _ratio(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _axes(elongation: tuple[float, float], rng: np.random.Generator) -> Points:
    """Draw factors on x, y and z whose largest ratio is within bounds: x is the longest axis, y the shortest."""
    largest = _ratio(elongation, rng)
    return np.array([largest, 1.0, _ratio((1.0, largest), rng)])


def _wire(shape: WireShape, faces: int, rng: np.random.Generator) -> Surface:
    check_wire(shape)
    vertices, triangles = tapered_wire(faces, shape.length, shape.radius, shape.tip)
    share, sway = rng.uniform(-1, 1, 2)
    return bend_flat(vertices, shape.bend * share, shape.bend * (1 - abs(share)) * sway), triangles


def _sound(body: Polyhedron | None) -> Polyhedron:
    if body is None:
        raise ConfigError("particles.shape.truncation makes no sound polyhedron; change it a little.")
    return body


def _crystal(shape: CrystalShape, faces: int, rng: np.random.Generator) -> Surface:
    for _ in range(MAX_TRIES):
        body = crystal(shape, rng)
        surface = None if body is None else rounded_polyhedron(body, rng.uniform(*shape.rounding), faces)
        # Facets like needles may be left out of the triangles.
        if surface is not None and is_sound(*surface):
            return surface
    few = shape.symmetry == "random" and shape.planes[0] < 8
    raise ConfigError(
        f"particles.shape.{'planes' if few else 'irregularity'} = "
        f"{list(shape.planes) if few else format(shape.irregularity, 'g')} makes no closed {shape.symmetry} crystal in "
        f"{MAX_TRIES} tries; {'raise' if few else 'lower'} it."
    )


def _aggregate(shape: AggregateShape, faces: int, rng: np.random.Generator) -> Surface:
    if faces < FACES_OF_PRIMARY * shape.primaries[1]:
        raise ConfigError(
            f"particles.shape.primaries = {list(shape.primaries)} cannot be told apart in {faces} faces; lower it, or "
            f"raise particles.faces to {FACES_OF_PRIMARY * shape.primaries[1]}."
        )
    for _ in range(MAX_TRIES):
        count = int(rng.integers(shape.primaries[0], shape.primaries[1] + 1))
        surface = aggregate(faces, count, shape.fractal_dimension, shape.spread, shape.neck, rng)
        if surface is not None:
            return surface
    raise ConfigError(
        f"particles.shape.primaries = {list(shape.primaries)} makes no closed aggregate of {faces} faces in "
        f"{MAX_TRIES} tries; lower it, or raise particles.faces."
    )
