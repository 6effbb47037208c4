"""Joining lines that continue each other: at the junctions of a skeleton, or across gaps.

Masks are whole, so that their wires meet at junctions, and go straight on there. Ridges of grey values break at
crossings and where wires are faint, so that ends are joined that point at each other. Either way the best pairs come
first, and each end is joined once at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diffrendergan.centrelines.lines import unit_vector
from diffrendergan.centrelines.skeleton import RING, Arm, SkeletonGraph

Points = NDArray[np.float64]

LARGEST_TURN_DEG = 35.0
"""A wire bends by at most so much at a junction of a skeleton, where it is seen on both sides."""
LARGEST_GAP_PX = 14.0
LARGEST_GAP_TURN_DEG = 15.0
"""Less than at a junction: what lies in a gap is not seen."""
LARGEST_OFFSET_PX = 4.0
"""The end of one line lies at most this far beside the other's continuation."""
LEAST_AHEAD_PX = -2.0
"""The other end lies ahead, or beside by no more than rounding to pixels."""
BESIDE_COST = 4.0
"""A pixel beside counts as so many ahead: rule of thumb."""
END_POINTS = 16
"""So many points at an end tell its direction."""
BENT_POINTS = 4
"""Where lines cross, the last few points of each are drawn towards the crossing."""


@dataclass(frozen=True, eq=False)
class CentreLine:
    """One wire from end to end."""

    points: Points
    """Shape (n, 2) as column, row [px]."""
    ends: tuple[int, int]
    """Nodes at its ends; both -1 for a ring."""
    through: tuple[int, ...]
    """Junctions that it passes."""

    @property
    def closed(self) -> bool:
        """Whether it is a ring."""
        return self.ends[0] == RING


def join_segments(graph: SkeletonGraph) -> list[CentreLine]:
    """Join the segments of a skeleton at its junctions, the straightest first."""
    partner = matched((one, other) for _, one, other in sorted(_straight_on(graph)))
    return [_centre_line(graph, arms, closed) for arms, closed in chains(len(graph.segments), partner)]


def join_lines(pieces: Sequence[Points]) -> list[Points]:
    """Join pieces of lines across gaps, the best fitting first.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (k, 2)
        Points (x, y) in order along each piece [px].

    Returns
    -------
    list of ndarray, shape (n, 2)
        Joined lines.
    """
    if not pieces:
        return []
    partner = matched(_across_gaps(pieces))
    return [
        np.concatenate([pieces[index] if end == 0 else pieces[index][::-1] for index, end in arms])
        for arms, _ in chains(len(pieces), partner)
    ]


def matched(pairs: Iterable[tuple[Arm, Arm]]) -> dict[Arm, Arm]:
    """Return which end continues as which other, both ways: of the pairs, best first, those whose ends are free."""
    partner: dict[Arm, Arm] = {}
    for one, other in pairs:
        if one not in partner and other not in partner:
            partner[one], partner[other] = other, one
    return partner


def chains(number: int, partner: Mapping[Arm, Arm]) -> Iterator[tuple[list[Arm], bool]]:
    """Follow lines from partner to partner.

    Parameters
    ----------
    number : int
        Of lines.
    partner : mapping
        What `matched` returns.

    Yields
    ------
    list of (int, int)
        Lines that follow each other, each with the end at which it is entered.
    bool
        Whether the last goes on as the first.
    """
    used: set[int] = set()
    arms = [(index, end) for index in range(number) for end in (0, 1)]
    free = [arm for arm in arms if arm not in partner]
    for start in [*free, *arms]:  # rings have no free end
        if start[0] in used:
            continue
        chain, arm, closed = [], start, False
        while True:
            used.add(arm[0])
            chain.append(arm)
            following = partner.get((arm[0], 1 - arm[1]))
            if following is None:
                break
            if following[0] in used:  # back at the start
                closed = True
                break
            arm = following
        yield chain, closed


def _centre_line(graph: SkeletonGraph, arms: Sequence[Arm], closed: bool) -> CentreLine:
    parts: list[Points] = []
    for index, end in arms:
        points = graph.segments[index].points
        points = points if end == 0 else points[::-1]
        parts.append(points if not parts else points[1:])
    first = graph.segments[arms[0][0]].nodes[arms[0][1]]
    left = [graph.segments[index].nodes[1 - end] for index, end in arms]
    if closed:
        return CentreLine(np.concatenate(parts), (RING, RING), tuple(left))
    return CentreLine(np.concatenate(parts), (first, left[-1]), tuple(left[:-1]))


def _straight_on(graph: SkeletonGraph) -> Iterator[tuple[float, Arm, Arm]]:
    """Yield the arms of each junction that may be one wire, and by how much it turns there [degrees]."""
    for arms in graph.arms().values():
        if len(arms) < 3:
            continue
        outward = [graph.direction(arm) for arm in arms]
        for first, second in combinations(range(len(arms)), 2):
            turn = 180 - float(np.degrees(np.arccos(np.clip(outward[first] @ outward[second], -1, 1))))
            if turn <= LARGEST_TURN_DEG:
                yield turn, arms[first], arms[second]


def _across_gaps(pieces: Sequence[Points]) -> Iterator[tuple[Arm, Arm]]:
    """Yield pairs of ends that point at each other, the nearest first."""
    ends = np.array([piece[index] for piece in pieces for index in (0, -1)])
    outward = np.array([_outward(piece, last) for piece in pieces for last in (False, True)])
    pairs = cKDTree(ends).query_pairs(LARGEST_GAP_PX, output_type="ndarray")
    one, other = pairs[pairs[:, 0] // 2 != pairs[:, 1] // 2].T
    gap = ends[other] - ends[one]
    opposed = -(outward[one] * outward[other]).sum(axis=1)
    beside = np.abs(outward[one, 0] * gap[:, 1] - outward[one, 1] * gap[:, 0])
    ahead = (outward[one] * gap).sum(axis=1)
    fits = opposed >= np.cos(np.radians(LARGEST_GAP_TURN_DEG))
    fits &= (beside <= LARGEST_OFFSET_PX) & (ahead >= LEAST_AHEAD_PX)
    cost = np.hypot(*gap.T) + BESIDE_COST * beside
    for index in np.argsort(cost, kind="stable"):
        if fits[index]:
            first, last = int(one[index]), int(other[index])
            yield (first // 2, first % 2), (last // 2, last % 2)


def _outward(piece: Points, last: bool) -> Points:
    """Return the unit vector in which a piece leaves at one end."""
    near = piece[-END_POINTS:] if last else piece[:END_POINTS][::-1]
    near = near[:-BENT_POINTS] if len(near) > 2 * BENT_POINTS else near
    return unit_vector(near[-1] - near[0])
