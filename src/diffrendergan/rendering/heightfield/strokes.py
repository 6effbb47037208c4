"""Wires and fibres: round, long, slightly bent, drawn without a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.heightfield.scene import Samples


@dataclass(frozen=True)
class Stroke:
    """A wire of circular section whose axis is a parabola in a plane.

    Attributes
    ----------
    column, row : float
        Its middle [px].
    height : float
        Of its axis over the ground [px].
    turn : float
        Direction in the image [rad], from columns to rows.
    length, radius : float
        [px].
    taper : float
        Radius at one end, as a fraction of that at the other.
    bend : float
        Angle between the directions of both ends [rad].
    """

    column: float
    row: float
    height: float
    turn: float
    length: float
    radius: float
    taper: float = 1.0
    bend: float = 0.0


def stroke_samples(strokes: Sequence[Stroke], shape: tuple[int, int], first: int = 0) -> Samples:
    """Return where wires lie in an image of `shape` (H, W); they are counted from `first`."""
    rows, columns = np.indices(shape, np.float32) + np.float32(0.5)
    nobody, nothing = np.zeros(0, np.int32), np.zeros(0, np.float32)
    none = Samples(nobody, nobody, nothing, nothing, nothing, nothing)
    return Samples.joined([none, *(_laid(s, rows, columns, first + i) for i, s in enumerate(strokes))])


def _laid(stroke: Stroke, rows: NDArray[np.float32], columns: NDArray[np.float32], owner: int) -> Samples:
    cosine, sine = np.float32(np.cos(stroke.turn)), np.float32(np.sin(stroke.turn))
    right, down = columns - np.float32(stroke.column), rows - np.float32(stroke.row)
    along, across = right * cosine + down * sine, down * cosine - right * sine
    slope = np.float32(stroke.bend / stroke.length)
    half = stroke.length / 2
    # The parabola's distance, to first order: across, times the cosine of its slope there.
    off = (across - slope / 2 * (along * along - np.float32(half * half / 3))) / np.sqrt(1 + (slope * along) ** 2)
    part = np.clip(along / np.float32(stroke.length) + np.float32(0.5), 0, 1)
    radius = np.float32(stroke.radius) * (1 - np.float32(1 - stroke.taper) * part)
    beyond = np.maximum(np.abs(along) - np.float32(half), 0)
    away = np.sqrt(off * off + beyond * beyond)
    distance = (radius - away).ravel()
    near = np.flatnonzero(distance > -0.5)
    radius, away = radius.ravel()[near], away.ravel()[near]
    rise = np.sqrt(np.maximum(radius * radius - away * away, 0))
    return Samples(
        np.full(len(near), owner, np.int32),
        near.astype(np.int32),
        distance[near],
        np.float32(stroke.height) + rise,
        2 * rise,
        1 - rise / radius,
    )
