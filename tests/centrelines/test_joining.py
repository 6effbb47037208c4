"""Lines that continue each other."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.centrelines.joining import chains, join_lines, join_segments, matched
from diffrendergan.centrelines.lines import direction_deg, unit_vector
from diffrendergan.centrelines.skeleton import junctions, paths, trace_skeleton


def test_each_end_is_matched_once_the_best_first() -> None:
    partner = matched([((0, 1), (1, 0)), ((0, 1), (2, 0)), ((1, 1), (2, 0))])
    assert partner == {(0, 1): (1, 0), (1, 0): (0, 1), (1, 1): (2, 0), (2, 0): (1, 1)}


def test_chains_start_at_free_ends_and_rings_close() -> None:
    row = matched([((0, 1), (1, 1)), ((1, 0), (2, 0))])
    assert list(chains(3, row)) == [([(0, 0), (1, 1), (2, 0)], False)]
    ring = matched([((0, 1), (1, 0)), ((1, 1), (0, 0))])
    assert list(chains(3, ring)) == [([(2, 0)], False), ([(0, 0), (1, 0)], True)]
    assert list(chains(1, matched([((0, 0), (0, 1))]))) == [([(0, 0)], True)]


def test_paths_follow_lines_however_they_bend() -> None:
    lines = np.zeros((12, 12), bool)
    hook = [(2, 2), (2, 3), (2, 4), (3, 5), (4, 5), (5, 4), (5, 3), (5, 2)]
    lines[tuple(np.transpose(hook))] = True
    lines[10, 1:9] = True
    first, second = paths(lines)
    assert first in (hook, hook[::-1]) and len(second) == 8
    assert not junctions(lines).any()
    lines[9, 5] = lines[8, 5] = True
    assert junctions(lines)[9:11, 4:7].any()


def test_gaps_are_closed_straight_on_but_not_around_a_corner() -> None:
    steps = np.arange(20.0)
    one = np.column_stack([steps, np.zeros(20)])
    (joined,) = join_lines([one, one + np.array([28, 1])])
    assert len(joined) == 40 and np.ptp(joined[:, 0]) == 47
    assert len(join_lines([one, np.column_stack([np.full(20, 24.0), steps + 4])])) == 2
    assert len(join_lines([one, one + np.array([40, 0])])) == 2
    assert join_lines([]) == []


def test_crossing_wires_go_straight_on() -> None:
    mask = np.zeros((81, 81), bool)
    mask[39:42, 5:76] = mask[5:76, 39:42] = True
    lines = join_segments(trace_skeleton(mask, np.where(mask, 1.5, 0.0)))
    long = [line for line in lines if len(line.points) > 40]
    assert len(long) == 2 and all(len(line.through) == 1 and not line.closed for line in long)
    assert sorted(abs(direction_deg(line.points[-1] - line.points[0])) for line in long) == pytest.approx(
        [0, 90], abs=2
    )


def test_directions() -> None:
    assert direction_deg(np.array([1.0, -1.0])) == pytest.approx(45)
    assert direction_deg(np.array([-1.0, 1.0])) == pytest.approx(45)
    assert direction_deg(np.array([0.0, 5.0])) == -90
    assert unit_vector(np.array([3.0, 4.0])) == pytest.approx([0.6, 0.8]) and not unit_vector(np.zeros(2)).any()
