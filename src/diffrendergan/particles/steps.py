"""Apply the configured deformations, one after the other, and see that none folds the surface."""

from __future__ import annotations

import numpy as np

from diffrendergan.config.shapes import (
    Bend,
    Deformation,
    Displace,
    Remesh,
    Rotate,
    Smooth,
    Taper,
    Twist,
)
from diffrendergan.errors import ConfigError
from diffrendergan.particles import deform
from diffrendergan.particles.budget import is_sound
from diffrendergan.particles.grid import Surface
from diffrendergan.particles.overlap import is_simple
from diffrendergan.particles.remesh import remeshed, smoothed

MAX_TRIES = 20
MAX_TURN = 1.8 * np.pi
"""Bent further, the ends of a long particle meet [rad]."""
STEEPEST = 0.95
"""Where a bent particle's inner side is nearer to the arc's centre than 1 - this, in radii of the arc, it folds."""

_FIELD = {Bend: "angle", Taper: "ratio", Twist: "angle", Displace: "amplitude", Smooth: "iterations"}


def deformed(surface: Surface, steps: tuple[Deformation, ...], faces: int, rng: np.random.Generator) -> Surface:
    """Apply deformations in their order.

    Parameters
    ----------
    surface
        Closed and outward.
    steps
        From the configuration.
    faces
        Wanted number of triangles after a remesh.
    rng
        Source of all randomness. A step that folds the surface is tried again with other random numbers.

    Raises
    ------
    ConfigError
        If a step folds the surface in every one of MAX_TRIES tries.
    """
    for position, step in enumerate(steps):
        surface = _apply_soundly(surface, step, faces, rng, f"particles.deform.{position}")
    return surface


def _apply_soundly(surface: Surface, step: Deformation, faces: int, rng: np.random.Generator, where: str) -> Surface:
    if isinstance(step, Rotate):
        return apply(surface, step, faces, rng) or surface
    for _ in range(MAX_TRIES):
        changed = apply(surface, step, faces, rng)
        if changed is not None and is_sound(*changed) and is_simple(*changed):
            return changed
        if isinstance(step, Smooth):  # nothing random: trying again changes nothing
            break
    field = _FIELD.get(type(step))
    if field is None:
        raise ConfigError(f"{where} ({step.kind}) makes no closed surface of {faces} faces; raise particles.faces.")
    remedy = "raise" if isinstance(step, Taper) else "lower"
    raise ConfigError(
        f"{where}.{field} = {getattr(step, field):g} folds the particles' surface over itself; {remedy} it."
    )


def apply(surface: Surface, step: Deformation, faces: int, rng: np.random.Generator) -> Surface | None:
    """Draw and apply one deformation, whether or not it folds the surface; None if it cannot be done.

    Parameters
    ----------
    surface
        Closed and outward.
    step
        From the configuration.
    faces
        Wanted number of triangles after a remesh.
    rng
        Source of all randomness.
    """
    points, triangles = surface
    match step:
        case Bend():
            angle = rng.uniform(-step.angle, step.angle)
            if abs(angle) > MAX_TURN or (points[:, 1] * angle / np.ptp(points[:, 0])).max() > STEEPEST:
                return None
            return deform.bend(points, angle), triangles
        case Taper():
            # Which end is thin is drawn too: the shapes' own ends differ only for wires.
            ratio, turned = rng.uniform(step.ratio, 1), rng.random() < 0.5
            sides = np.array([-1.0, 1.0, 1.0]) if turned else np.ones(3)
            return deform.taper(points * sides, ratio) * sides, triangles
        case Twist():
            return deform.twist(points, rng.uniform(-step.angle, step.angle)), triangles
        case Displace():
            if step.amplitude == 0:
                return surface
            return deform.translate_smoothly(points, step.amplitude, step.wavelength, rng), triangles
        case Rotate():
            if step.about == "vertical":
                return deform.turn_flat(points, rng.uniform(0, 2 * np.pi)), triangles
            return deform.turn_randomly(points, rng), triangles
        case Remesh():
            return remeshed(surface, faces, rng)
        case Smooth():
            return smoothed(surface, step.iterations)
