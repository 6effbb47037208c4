"""A body seen from above: its silhouette, upper surface, thickness and tilt on a small grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.rendering.heightfield.ragged import windows

DISTANCE, TOP, THICKNESS, TILT = range(4)
"""The maps of a relief."""
SAMPLES = 96
"""Edge of the grid of a relief."""
FINE = 2
"""The silhouette is found on a grid this many times finer."""
MARGIN = 1.04
"""How much farther than the body its grid reaches."""
OFF_GRID = (3.1e-4, 1.7e-4)
"""Shift of the grid [its cells], so that no sample lies on an edge that two faces share."""


@dataclass(frozen=True, eq=False)
class Relief:
    """A body seen from above, in the units of its mesh.

    Attributes
    ----------
    maps : float32 (4, SAMPLES, SAMPLES)
        `DISTANCE`, `TOP`, `THICKNESS`, `TILT`: distance to the silhouette (positive inside), height of the upper
        surface over the body's origin, thickness along the line of sight, and tilt (1 − cos of the angle between
        surface and view). Beyond the silhouette heights and tilts go on as at its nearest point; the thickness is 0.
    reach : float
        The grid covers [−reach, reach] along both axes; its samples are the centres of even cells.
    lowest : float
        Height of the lowest point over the origin.
    highest : float
        Height of the highest point over the origin.
    area : float
        Of the silhouette.
    """

    maps: NDArray[np.float32]
    reach: float
    lowest: float
    highest: float
    area: float


def project(
    points: NDArray[np.float64], normals: NDArray[np.float64], faces: NDArray[np.int32], samples: int = SAMPLES
) -> Relief:
    """Look at a closed mesh from above.

    Parameters
    ----------
    points : float64 (V, 3)
        Vertices: along the columns of the image, along its rows, and upwards.
    normals : float64 (V, 3)
        Unit normals of the vertices, in the same axes.
    faces : int32 (F, 3)
        Vertex numbers, counter-clockwise seen from outside in right-handed axes, or clockwise: which does not matter.
    samples : int
        Edge of the grid.
    """
    edge = samples * FINE
    reach = float(np.abs(points[:, :2]).max()) * MARGIN
    top = np.full(edge * edge, -np.inf)
    thickness, tilt = np.zeros(edge * edge), np.zeros(edge * edge)
    cell, upper, weights = _hits(points, faces, reach, edge)
    corners = faces[upper]
    height = (points[corners, 2] * weights).sum(1)
    area = _signed_areas(points, faces)[upper]
    # Of a closed surface, what faces up is where lines of sight enter it, and what faces down where they leave.
    sign = np.sign(area) * _winding(points, faces)
    np.maximum.at(top, cell, height)
    np.add.at(thickness, cell, sign * height)
    seen = height >= top[cell]
    cosine = (normals[corners[seen], 2] * weights[seen]).sum(1)
    tilt[cell[seen]] = 1 - np.clip(np.abs(cosine), 0, 1)
    inside = np.isfinite(top).reshape(edge, edge)
    distance, nearest = _silhouette(inside, 2 * reach / edge)
    maps = np.stack(
        [
            distance,
            top.reshape(edge, edge)[nearest],
            np.where(inside, np.maximum(thickness.reshape(edge, edge), 0), 0),
            tilt.reshape(edge, edge)[nearest],
        ]
    )
    coarse = maps.reshape(4, samples, FINE, samples, FINE).mean((2, 4))
    lowest, highest = float(points[:, 2].min()), float(points[:, 2].max())
    return Relief(coarse.astype(np.float32), reach, lowest, highest, float(inside.sum()) * (2 * reach / edge) ** 2)


def _hits(
    points: NDArray[np.float64], faces: NDArray[np.int32], reach: float, edge: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return cells (N,) whose centres faces cover, the faces (N,), and the weights (N, 3) of their corners there."""
    shift = np.array(OFF_GRID)
    flat = (points[:, :2] + reach) * (edge / (2 * reach)) - 0.5 + shift
    corners = flat[faces]
    low = np.clip(np.ceil(corners.min(1)).astype(np.int64), 0, edge)
    high = np.clip(np.floor(corners.max(1)).astype(np.int64) + 1, 0, edge)
    face, column, row = windows(low, np.maximum(high - low, 0))
    a, b, c = corners[face, 0], corners[face, 1], corners[face, 2]
    place = np.stack([column, row], axis=1).astype(np.float64)
    whole = _cross(b - a, c - a)
    kept = whole != 0
    whole = np.where(kept, whole, 1)
    second, third = _cross(place - a, c - a) / whole, _cross(b - a, place - a) / whole
    kept &= (second >= 0) & (third >= 0) & (second + third <= 1)
    weights = np.stack([1 - second - third, second, third], axis=1)
    return (row * edge + column)[kept], face[kept], weights[kept]


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _signed_areas(points: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (points[faces[:, i], :2] for i in range(3))
    return _cross(b - a, c - a)


def _winding(points: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    """Return 1 if faces that look up have positive areas, else −1: the sign of the enclosed volume."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    return 1.0 if float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) > 0 else -1.0


def _silhouette(
    inside: NDArray[np.bool_], cell: float
) -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the distance to the silhouette, positive inside, and for each sample the nearest one inside."""
    outwards, nearest = ndimage.distance_transform_edt(~inside, return_indices=True)
    inwards = ndimage.distance_transform_edt(inside)
    # The silhouette runs half a cell beyond the last sample inside.
    distance = np.where(inside, inwards - 0.5, 0.5 - outwards) * cell
    return distance, (nearest[0], nearest[1])
