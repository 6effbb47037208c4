"""What thinning adds to a skeleton is taken away: spurs, and crossings that were split in two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.centrelines.lines import unit_vector
from diffrendergan.centrelines.skeleton import RING, Arm, Segment, SkeletonGraph

Points = NDArray[np.float64]

SPUR_FRACTION = 1.5
SPUR_PX = 2.0
"""Side branches are corners of the outline, not wires, if they are shorter than this multiple of the radius where they
leave, and a few pixels [px]."""
BRIDGE_FRACTION = 1.5
"""Junctions are one crossing if the way between them is shorter than this multiple of the sum of their radii ..."""
OBLIQUE_FRACTION = 5.0
OBLIQUE_COSINE = 0.8
"""... or up to this multiple, if all arms go on in the direction of the way: wires that cross at a small angle."""


def clean(graph: SkeletonGraph) -> SkeletonGraph:
    """Remove spurs, join the halves of crossings, and join segments that meet at no junction."""
    graph = _join_through(graph)
    while (spurs := _spurs(graph)) != set():
        kept = tuple(segment for index, segment in enumerate(graph.segments) if index not in spurs)
        graph = _join_through(SkeletonGraph(kept, graph.places, graph.radii))
    return _join_through(_merge_junctions(graph))


def _spurs(graph: SkeletonGraph) -> set[int]:
    """Return the spurs; a blob that consists of nothing else keeps its two longest."""
    arms = graph.arms()
    spurs: set[int] = set()
    for node, ends in arms.items():
        if len(ends) < 3:
            continue
        longest = SPUR_FRACTION * graph.radii[node] + SPUR_PX
        short = sorted(
            (graph.segments[index].steps, index)
            for index, end in ends
            if len(arms[graph.segments[index].nodes[1 - end]]) == 1 and graph.segments[index].steps < longest
        )
        spurs.update(index for _, index in (short if len(short) < len(ends) else short[:-2]))
    return spurs


def _merge_junctions(graph: SkeletonGraph) -> SkeletonGraph:
    """Make one node of junctions that lie within each other's discs."""
    arms = graph.arms()
    group = {node: node for node in graph.places}

    def find(node: int) -> int:
        while group[node] != node:
            node = group[node]
        return node

    bridges = set()
    for index, segment in enumerate(graph.segments):
        first, last = segment.nodes
        if first == RING or min(len(arms[first]), len(arms[last])) < 3:
            continue
        if _is_bridge(graph, index, arms):
            bridges.add(index)
            group[find(last)] = find(first)
    members: dict[int, list[int]] = {}
    for node in graph.places:
        members.setdefault(find(node), []).append(node)
    places = {root: np.mean([graph.places[node] for node in nodes], axis=0) for root, nodes in members.items()}
    radii = {root: max(graph.radii[node] for node in nodes) for root, nodes in members.items()}
    segments = [
        _moved(segment, (find(segment.nodes[0]), find(segment.nodes[1])), places)
        if segment.nodes[0] != RING
        else segment
        for index, segment in enumerate(graph.segments)
        if index not in bridges
    ]
    return SkeletonGraph(tuple(segments), places, radii)


def _is_bridge(graph: SkeletonGraph, index: int, arms: dict[int, list[Arm]]) -> bool:
    """Tell whether both ends of a segment belong to one crossing."""
    segment = graph.segments[index]
    reach = graph.radii[segment.nodes[0]] + graph.radii[segment.nodes[1]]
    if segment.steps < BRIDGE_FRACTION * reach:
        return True
    if segment.steps > OBLIQUE_FRACTION * reach:
        return False
    along = unit_vector(segment.points[-1] - segment.points[0])
    return all(
        float(graph.direction(arm) @ along) * (2 * end - 1) >= OBLIQUE_COSINE
        for end, node in enumerate(segment.nodes)
        for arm in arms[node]
        if arm[0] != index
    )


def _moved(segment: Segment, nodes: tuple[int, int], places: dict[int, Points]) -> Segment:
    """Lead a segment to the places of merged nodes."""
    points = segment.points.copy()
    points[0], points[-1] = places[nodes[0]], places[nodes[1]]
    return Segment(points, nodes)


def _join_through(graph: SkeletonGraph) -> SkeletonGraph:
    """Join the two segments at every node that only two meet at, and drop nodes without any."""
    segments: dict[int, Segment] = dict(enumerate(graph.segments))
    at: dict[int, set[int]] = {node: set() for node in graph.places}
    for index, segment in segments.items():
        for node in segment.nodes:
            if node != RING:
                at[node].add(index)
    for node, touching in at.items():
        ends = sum(segments[index].nodes.count(node) for index in touching)
        if ends != 2:
            continue
        if len(touching) == 1:  # a loop from the node to itself
            (index,) = touching
            segments[index] = Segment(segments[index].points, (RING, RING))
        else:
            one, other = sorted(touching)
            joined = _joined(segments[one], segments.pop(other), node)
            segments[one] = joined
            for far in joined.nodes:
                at[far].discard(other)
                at[far].add(one)
        at[node] = set()
    used = {node for segment in segments.values() for node in segment.nodes if node != RING}
    return SkeletonGraph(
        tuple(segments.values()),
        {node: place for node, place in graph.places.items() if node in used},
        {node: radius for node, radius in graph.radii.items() if node in used},
    )


def _joined(one: Segment, other: Segment, node: int) -> Segment:
    first = one if one.nodes[1] == node else _reversed(one)
    last = other if other.nodes[0] == node else _reversed(other)
    return Segment(np.concatenate([first.points, last.points[1:]]), (first.nodes[0], last.nodes[1]))


def _reversed(segment: Segment) -> Segment:
    return Segment(segment.points[::-1], (segment.nodes[1], segment.nodes[0]))
