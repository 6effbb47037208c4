"""The skeleton of wires as a graph: centre lines between free ends, branches and crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

from diffrendergan.centrelines.lines import step_lengths, unit_vector

Points = NDArray[np.float64]
Pixel = tuple[int, int]
Arm = tuple[int, int]
"""A segment's index, and 0 for its first end or 1 for its last."""

RING = -1
"""Node of both ends of a ring that meets nothing."""
EIGHT = np.ones((3, 3), int)
DIRECTION_PX = 12
"""The direction of an arm is taken over this length, beyond its junction's own disc [px]."""
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""Neighbours of a pixel; those along rows and columns first, so that lines do not cut corners."""


@dataclass(frozen=True, eq=False)
class Segment:
    """A centre line between two nodes."""

    points: Points
    """Pixel centres in order, shape (n, 2) as column, row [px]; the first and last are the nodes' places."""
    nodes: tuple[int, int]

    @property
    def steps(self) -> float:
        """Length from pixel to pixel [px]: a measure for sorting, not a result."""
        return float(step_lengths(self.points).sum())


@dataclass(frozen=True, eq=False)
class SkeletonGraph:
    """Segments, and the nodes at which they end or meet."""

    segments: tuple[Segment, ...]
    places: dict[int, Points]
    """Column and row of each node [px]."""
    radii: dict[int, float]
    """Half the width of the wire at each node [px]."""

    def arms(self) -> dict[int, list[Arm]]:
        """Return which segments end at each node."""
        found: dict[int, list[Arm]] = {node: [] for node in self.places}
        for index, segment in enumerate(self.segments):
            if segment.nodes[0] != RING:
                for end in (0, 1):
                    found[segment.nodes[end]].append((index, end))
        return found

    def direction(self, arm: Arm) -> Points:
        """Return the unit vector in which an arm leaves its junction, beyond the disc that draws lines in."""
        segment = self.segments[arm[0]]
        points = segment.points if arm[1] == 0 else segment.points[::-1]
        outside = np.hypot(*(points - points[0]).T) >= self.radii[segment.nodes[arm[1]]]
        start = min(int(np.argmax(outside)), len(points) - 2)  # the first point if none lies outside
        near = points[start : start + DIRECTION_PX]
        return unit_vector(near[-1] - near[0])


def trace_skeleton(mask: NDArray[np.bool_], radius: NDArray[np.floating]) -> SkeletonGraph:
    """Thin wires to lines and follow them.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        Where the wires are.
    radius : ndarray, shape (H, W)
        Distance of each pixel to the background [px].
    """
    lines = _thinned(mask, radius)
    crowded = junctions(lines)
    numbered, count = ndimage.label(crowded, EIGHT)
    places: dict[int, Points] = {}
    radii: dict[int, float] = {}
    for node, (rows, columns) in enumerate(_members(numbered, count)):
        places[node] = np.array([columns.mean(), rows.mean()])
        radii[node] = float(radius[rows, columns].max())
    segments = [_attached(path, numbered, places, radii, radius) for path in paths(lines & ~crowded)]
    return SkeletonGraph(tuple(segments), places, radii)


def junctions(lines: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of thinned lines that have more than two neighbours, shape (H, W)."""
    return np.asarray(lines & (ndimage.convolve(lines.astype(np.uint8), EIGHT, mode="constant") > 3))


def paths(lines: NDArray[np.bool_]) -> list[list[Pixel]]:
    """Follow thinned lines without junctions from one end to the other.

    Parameters
    ----------
    lines : ndarray of bool, shape (H, W)
        Lines one pixel wide.

    Returns
    -------
    list of list of (int, int)
        Row and column of the pixels of each connected line, in order.
    """
    members = _members(*ndimage.label(lines, EIGHT))
    return [_in_order(list(zip(rows.tolist(), columns.tolist(), strict=True))) for rows, columns in members]


def _thinned(mask: NDArray[np.bool_], radius: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Thin the wires; those that the border cuts are mirrored beyond it.

    Otherwise their ends would be drawn into corners, and those along the border beyond it.
    """
    beyond = int(np.ceil(float(radius.max(initial=0)))) + 2
    padded = skeletonize(np.pad(mask, beyond, mode="reflect"))
    return np.asarray(padded[beyond:-beyond, beyond:-beyond], bool)


def _members(numbered: NDArray[np.int32], count: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return rows and columns of the pixels of each number from 1."""
    rows, columns = np.nonzero(numbered)
    order = np.argsort(numbered[rows, columns], kind="stable")
    ends = np.cumsum(np.bincount(numbered[rows, columns], minlength=count + 1)[1:])[:-1]
    return list(zip(np.split(rows[order], ends), np.split(columns[order], ends), strict=True)) if count else []


def _in_order(pixels: list[Pixel]) -> list[Pixel]:
    """Return the pixels of an unbranched line from one end to the other."""
    left = set(pixels)
    start = next((pixel for pixel in pixels if sum(near in left for near in _around(pixel)) < 2), pixels[0])
    path = [start]
    left.remove(start)
    while True:
        following = next((near for near in _around(path[-1]) if near in left), None)
        if following is None:
            return path
        path.append(following)
        left.remove(following)


def _around(pixel: Pixel) -> list[Pixel]:
    return [(pixel[0] + down, pixel[1] + across) for down, across in STEPS]


def _attached(
    path: list[Pixel],
    numbered: NDArray[np.int32],
    places: dict[int, Points],
    radii: dict[int, float],
    radius: NDArray[np.floating],
) -> Segment:
    """Return a path with the nodes it ends at; a free end becomes a node of its own."""
    points = np.array(path, np.float64)[:, ::-1]
    nodes = _junctions(path, numbered)
    if nodes == [] and len(path) > 3 and max(np.abs(points[0] - points[-1])) <= 1:
        return Segment(np.vstack([points, points[:1]]), (RING, RING))
    ends = []
    for end, node in zip((path[0], path[-1]), _sides(path, nodes), strict=True):
        if node is None:
            node = len(places)
            places[node], radii[node] = np.array(end[::-1], np.float64), float(radius[end])
        ends.append(node)
    parts = [places[ends[0]][None], points, places[ends[1]][None]]
    return Segment(np.concatenate(parts), (ends[0], ends[1]))


def _junctions(path: list[Pixel], numbered: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return the junctions at the path's first (0) and last (1) pixel, as (end, node)."""
    found = []
    height, width = numbered.shape
    for end, pixel in ((0, path[0]), (1, path[-1])):
        for row, column in _around(pixel):
            if 0 <= row < height and 0 <= column < width and numbered[row, column]:
                junction = (end, int(numbered[row, column]) - 1)
                if junction not in found:
                    found.append(junction)
    return found


def _sides(path: list[Pixel], junctions: list[tuple[int, int]]) -> tuple[int | None, int | None]:
    """Return which junction each end meets; a single pixel between two junctions has both at both ends."""
    first = [node for end, node in junctions if end == 0]
    last = [node for end, node in junctions if end == 1]
    if len(path) == 1:
        return (first[0] if first else None), (first[1] if len(first) > 1 else None)
    return (first[0] if first else None), (last[0] if last else None)
