"""From sizes to places and rotations: one placement after the other, by what must not overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.bodies import Bodies, about_vertical, draw_rotations
from diffrendergan.arrangement.clusters import place_fractal
from diffrendergan.arrangement.collision import Collider
from diffrendergan.arrangement.contact import drop, place_meshes_apart, tighten
from diffrendergan.arrangement.layers import settle
from diffrendergan.arrangement.placement import Deadline, Placed, Points, Region, place_agglomerated, place_apart
from diffrendergan.arrangement.wires import lay_wires
from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.scene.geometry import STAGE_TOP


@dataclass(frozen=True)
class Arranged:
    """Where particles are.

    Attributes
    ----------
    points : float64 (n, 3)
        x, y, z [unit].
    rotations : float64 (n, 4) or None
        Unit quaternions (x, y, z, w) in the axes of the scene; None if no mesh is rotated.
    """

    points: Points
    rotations: NDArray[np.float64] | None


def arrange(
    config: ArrangementConfig, bodies: Bodies, sizes: NDArray[np.float64], rng: np.random.Generator
) -> Arranged:
    """Place particles of given sizes as a configuration says.

    Parameters
    ----------
    config : ArrangementConfig
    bodies : Bodies
        Their meshes.
    sizes : float64 (n,)
        Positive [unit].
    rng

    Raises
    ------
    PlacementError
        If they cannot be placed as asked.
    """
    deadline = Deadline.within(config.timeout_s)
    rotations = draw_rotations(config.rotation, len(sizes), rng)
    if config.placement == "wires":
        return _wires(config, bodies, sizes, deadline, rng)
    region = Region(config.limit / config.unit, config.three_dimensional)
    separation = separation_of(config)
    radii = sizes * (bodies.max_radii if separation in ("spheres", "meshes") else 1.0)
    collider = Collider(bodies, sizes, rotations) if separation == "meshes" else None
    heights = None
    if config.on_stage and config.placement != "layers":  # layers find their own heights
        heights = STAGE_TOP / config.unit + bodies.depths(rotations) * sizes
    points = _points(config, radii, region, separation, collider, heights, deadline, rng)
    if config.placement == "layers" and collider is not None:
        floors = _floor(config, radii) + bodies.depths(rotations) * sizes
        points = drop(points, floors, collider, deadline)
    return Arranged(points, rotations)


def separation_of(config: ArrangementConfig) -> str:
    """Return what must not overlap, with `auto` resolved."""
    if config.separation != "auto":
        return config.separation
    return "none" if config.placement in ("random", "wires") else "radii"


def _points(
    config: ArrangementConfig,
    radii: NDArray[np.float64],
    region: Region,
    separation: str,
    collider: Collider | None,
    heights: NDArray[np.float64] | None,
    deadline: Deadline,
    rng: np.random.Generator,
) -> Points:
    if config.placement == "layers":
        return settle(radii, region.half_width, _floor(config, radii), deadline, rng).points
    if config.placement == "random" and collider is not None:
        return place_meshes_apart(collider, radii, region, deadline, rng, heights)
    if config.placement == "random" and separation == "none":
        points = region.points(len(radii), rng)
        return points if heights is None else np.column_stack([points[:, :2], heights])
    placed = place_apart(radii, region, deadline, rng) if config.placement == "random" else None
    placed = placed or _grouped(config, radii, region, deadline, rng)
    if heights is not None:
        # Lowered to the stage each by its own depth, spheres only come farther apart.
        placed.points[:, 2] = heights
    return placed.points if collider is None else tighten(placed, collider, deadline, level=heights is not None)


def _grouped(
    config: ArrangementConfig, radii: NDArray[np.float64], region: Region, deadline: Deadline, rng: np.random.Generator
) -> Placed:
    if config.placement == "fractal":
        return place_fractal(radii, region, config.agglomerates, config.fractal_dimension, deadline, rng)
    straightness = config.straightness if config.placement == "chains" else None
    return place_agglomerated(radii, region, config.agglomerates, deadline, rng, straightness)


def _floor(config: ArrangementConfig, radii: NDArray[np.float64]) -> float:
    """Return the height of what particles settle on; hovering, the lowest have their centres in the plane of focus."""
    return STAGE_TOP / config.unit if config.on_stage else -float(np.median(radii))


def _wires(
    config: ArrangementConfig,
    bodies: Bodies,
    sizes: NDArray[np.float64],
    deadline: Deadline,
    rng: np.random.Generator,
) -> Arranged:
    points, angles = lay_wires(
        bodies, sizes, config.limit / config.unit, config.direction_deg, config.direction_spread_deg, rng
    )
    rotations = about_vertical(angles)
    depths = bodies.depths(rotations) * sizes
    floors = STAGE_TOP / config.unit + depths if config.on_stage else depths - np.median(depths)
    if separation_of(config) == "none":
        points[:, 2] = floors if config.on_stage else 0.0
        return Arranged(points, rotations)
    # Each starts above all before it, and falls.
    points[:, 2] = floors + np.arange(len(sizes)) * 2.5 * depths.max()
    return Arranged(drop(points, floors, Collider(bodies, sizes, rotations), deadline), rotations)
