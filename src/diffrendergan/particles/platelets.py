"""Discs and polygonal plates."""

from __future__ import annotations

from functools import partial

import numpy as np

from diffrendergan.particles.budget import with_faces
from diffrendergan.particles.fill import fill_convex
from diffrendergan.particles.grid import Points, Surface

MOST_OVER = 1.3
"""Most triangles, as a multiple of the wanted number."""


def platelet(faces: int, aspect: float, corners: int, rounding: float) -> Surface:
    """Return a plate in the plane y = 0.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; kept within 30 %.
    aspect
        Diameter over thickness; a polygon's diameter is that of the circle through its (sharp) corners. It is 2.
    corners
        0 for a disc, else 3 or more.
    rounding
        The rim's radius over half the thickness; a polygon's corners are rounded by the same fraction of the
        largest circle inside.
    """
    thickness = 2 / aspect
    rim = rounding * thickness / 2
    # The rim cannot be rounder than the corners of a polygon, or a disc, whose inset would turn inside out.
    rim = min(rim, 0.9 * rounding * np.cos(np.pi / corners) if corners else 0.95)
    area = 2 * np.pi + 2 * np.pi * thickness
    plate = with_faces(partial(_build, corners, rounding, thickness, rim), area, faces)
    if len(plate[1]) <= MOST_OVER * faces:
        return plate
    # So few triangles cannot show the rounding: the edges stay sharp.
    return with_faces(partial(_build, corners, 0.0, thickness, 0.0), area, faces)


def _build(corners: int, rounding: float, thickness: float, rim: float, spacing: float) -> Surface:
    outline, normals = _polygon(corners, rounding, spacing) if corners else _circle(spacing)
    bow, height = _profile(thickness, rim, spacing)
    inset = outline - rim * normals
    rows = inset + bow[:, None, None] * normals
    side = np.stack([rows[..., 0], np.broadcast_to(height[:, None], rows.shape[:2]), -rows[..., 1]], axis=-1).reshape(
        -1, 3
    )
    inside, cap = fill_convex(inset, spacing)
    count, last = len(outline), (len(bow) - 1) * len(outline)
    top = np.stack([inside[:, 0], np.full(len(inside), thickness / 2), -inside[:, 1]], axis=1)
    vertices = np.concatenate([side, top, top * (1, -1, 1)])
    upper = np.where(cap < count, cap, cap - count + len(side))
    lower = np.where(cap < count, cap + last, cap - count + len(side) + len(inside))
    here, following = np.arange(count), (np.arange(count) + 1) % count
    start = (np.arange(len(bow) - 1) * count)[:, None]
    a, b = (start + here).ravel(), (start + following).ravel()
    wall = np.concatenate([np.stack([a, a + count, b], axis=1), np.stack([b, a + count, b + count], axis=1)])
    return vertices, np.concatenate([upper, lower[:, ::-1], wall]).astype(np.int32)


def _profile(thickness: float, rim: float, spacing: float) -> tuple[Points, Points]:
    """Return how far the rim's rows stand out from the inset outline, and their heights, from top to bottom."""
    upright = thickness - 2 * rim
    rows = max(1, round(upright / spacing))
    middle = np.linspace(upright / 2, -upright / 2, rows + 1) if upright > 1e-6 else np.zeros(1)
    if rim < 1e-6:
        return np.zeros(len(middle)), middle
    steps = max(2, round(rim * np.pi / 2 / spacing))
    angle = np.linspace(np.pi / 2, 0, steps + 1)[:-1]
    bow = np.concatenate([rim * np.cos(angle), np.full(len(middle), rim), rim * np.cos(angle[::-1])])
    height = upright / 2 + rim * np.sin(angle)
    return bow, np.concatenate([height, middle, -height[::-1]])


def _circle(spacing: float) -> tuple[Points, Points]:
    count = max(8, round(2 * np.pi / spacing))
    angle = 2 * np.pi * np.arange(count) / count
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return normals, normals


def _polygon(corners: int, rounding: float, spacing: float) -> tuple[Points, Points]:
    """Return an outline and its normals; at sharp corners the normal of the bisector."""
    radius = rounding * np.cos(np.pi / corners)
    steps = max(2, round(radius * 2 * np.pi / corners / spacing)) if radius > 1e-6 else 0
    straight = max(1, round(2 * np.sin(np.pi / corners) * (1 - rounding) / spacing)) if rounding < 1 - 1e-6 else 0
    points, normals = [], []
    for corner in range(corners):
        facing = 2 * np.pi * corner / corners
        angle = facing + np.pi / corners * (np.linspace(-1, 1, steps + 1) if steps else np.zeros(1))
        arc_normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        centre = (1 - rounding) * np.array([np.cos(facing), np.sin(facing)])
        after = 2 * np.pi * (corner + 1) / corners
        next_centre = (1 - rounding) * np.array([np.cos(after), np.sin(after)])
        side_angle = facing + np.pi / corners
        side_normal = np.array([np.cos(side_angle), np.sin(side_angle)])
        share = (np.arange(1, straight) / straight)[:, None] if straight > 1 else np.empty((0, 1))
        side = (1 - share) * centre + share * next_centre + radius * side_normal
        arc = centre + radius * arc_normals
        if not straight:  # neighbouring arcs meet: their common point is kept once
            arc, arc_normals = arc[:-1], arc_normals[:-1]
        points += [arc, side]
        normals += [arc_normals, np.broadcast_to(side_normal, side.shape)]
    return np.concatenate(points), np.concatenate(normals)
