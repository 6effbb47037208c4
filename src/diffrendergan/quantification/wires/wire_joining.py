"""Wires across crossings: segments that go straight on are one wire."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.quantification.wires.skeleton import RING, Arm, SkeletonGraph

Points = NDArray[np.float64]

LARGEST_TURN_DEG = 35.0
"""A wire bends by at most so much at a crossing."""


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
    """Join the segments of a skeleton at its junctions, the straightest first; each arm is joined once at most."""
    partner = _partners(graph)
    used: set[int] = set()
    lines = []
    arms = [(index, end) for index in range(len(graph.segments)) for end in (0, 1)]
    starts = [arm for arm in arms if arm not in partner]
    for start in [*starts, *arms]:  # what is joined to a ring has no free end
        if start[0] not in used:
            lines.append(_followed(graph, start, partner, used))
    return lines


def _followed(graph: SkeletonGraph, start: Arm, partner: dict[Arm, Arm], used: set[int]) -> CentreLine:
    parts: list[Points] = []
    through: list[int] = []
    arm = start
    first = graph.segments[start[0]].nodes[start[1]]
    while True:
        index, end = arm
        used.add(index)
        segment = graph.segments[index]
        points = segment.points if end == 0 else segment.points[::-1]
        parts.append(points if not parts else points[1:])
        last = segment.nodes[1 - end]
        following = partner.get((index, 1 - end))
        if following is None:
            break
        through.append(last)
        if following[0] in used:  # back at the start
            first = last = RING
            break
        arm = following
    return CentreLine(np.concatenate(parts), (first, last), tuple(through))


def _partners(graph: SkeletonGraph) -> dict[Arm, Arm]:
    """Return which arm continues as which other."""
    candidates: list[tuple[float, Arm, Arm]] = []
    for arms in graph.arms().values():
        if len(arms) < 3:
            continue
        outward = [graph.direction(arm) for arm in arms]
        for first, second in combinations(range(len(arms)), 2):
            turn = 180 - float(np.degrees(np.arccos(np.clip(outward[first] @ outward[second], -1, 1))))
            if turn <= LARGEST_TURN_DEG:
                candidates.append((turn, arms[first], arms[second]))
    partner: dict[Arm, Arm] = {}
    for _, one, other in sorted(candidates):
        if one not in partner and other not in partner:
            partner[one], partner[other] = other, one
    return partner
