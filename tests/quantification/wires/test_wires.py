from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.centrelines.lines import curvatures, line_length
from diffrendergan.quantification.wires.wires import Wires, measure_wires, wire_table

SHAPE = (320, 340)
CENTRE = (170.2, 159.7)


def measured(mask: np.ndarray) -> Wires:
    return measure_wires(mask.astype(np.int32))


@pytest.mark.parametrize("width", [1, 3, 8, 20])
@pytest.mark.parametrize("degrees", [0, 20, 45, 70])
def test_a_straight_wire(draw, width: int, degrees: float) -> None:
    found = measured(draw.bar(SHAPE, CENTRE, 200, width, degrees))
    (wire,) = found.wires
    assert wire.length == pytest.approx(200, rel=0.015)
    assert wire.end_to_end == pytest.approx(200, rel=0.015)
    assert wire.orientation_deg == pytest.approx(degrees, abs=1.5)
    assert wire.thickness_mean == pytest.approx(width, abs=0.8)
    assert wire.curvature_mean < 0.001
    assert not wire.touches_border and wire.crossings == 0
    assert (wire.x, wire.y) == pytest.approx(CENTRE, abs=3)


@pytest.mark.parametrize(("radius", "width"), [(60, 5), (100, 5), (130, 9)])
def test_rings_and_arcs(draw, radius: float, width: float) -> None:
    ring = draw.ring(SHAPE, CENTRE, radius, width)
    (whole,) = measured(ring).wires
    assert whole.length == pytest.approx(2 * np.pi * radius, rel=0.02)
    assert whole.curvature_mean == pytest.approx(1 / radius, rel=0.05)
    ring[160:] = False
    (half,) = measured(ring).wires
    assert half.length == pytest.approx(np.pi * radius, rel=0.02)
    assert half.curvature_mean == pytest.approx(1 / radius, rel=0.05)
    assert half.end_to_end == pytest.approx(2 * radius, rel=0.05)


@pytest.mark.parametrize("width", [4, 10])
@pytest.mark.parametrize("between", [90, 60, 30])
def test_a_cross_is_two_wires_and_one_crossing(draw, width: int, between: float) -> None:
    cross = draw.bar(SHAPE, CENTRE, 250, width, 10) | draw.bar(SHAPE, CENTRE, 250, width, 10 + between)
    found = measured(cross)
    assert found.crossings == pytest.approx(np.array([CENTRE]), abs=2.5)
    assert len(found.branches) == 0
    assert [wire.length for wire in found.wires] == pytest.approx([250, 250], rel=0.02)
    assert [wire.crossings for wire in found.wires] == [1, 1]


def test_a_wire_that_ends_on_another_is_a_branch(draw) -> None:
    found = measured(draw.bar(SHAPE, CENTRE, 260, 8) | draw.bar(SHAPE, (170, 220), 120, 8, 90))
    assert len(found.crossings) == 0 and len(found.branches) == 1 and len(found.wires) == 2
    assert sorted(wire.length for wire in found.wires) == pytest.approx([120, 260], rel=0.02)


def test_a_wire_that_the_border_cuts(draw) -> None:
    (wire,) = measured(draw.bar(SHAPE, CENTRE, 900, 10, 20)).wires
    assert wire.touches_border
    assert wire.length == pytest.approx(340 / np.cos(np.radians(20)), rel=0.02)
    assert wire.curvature_mean < 0.001


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("rows", [1, 6])
def test_a_wire_along_the_border(rows: int, turns: int) -> None:
    mask = np.zeros((200, 300), bool)
    mask[:rows] = True
    mask[90:150, 100:200] = True  # a thick one elsewhere does not matter
    found = measured(np.rot90(mask, turns))
    wire = max(found.wires, key=lambda wire: wire.length)
    assert wire.length == pytest.approx(300, rel=0.01) and wire.touches_border


@pytest.mark.parametrize(
    ("width", "degrees"),
    [(4, 5), (10, 5), *((width, degrees) for width in (4, 10, 20) for degrees in (10, 20, 45, 70))],
)
def test_a_wire_that_leaves_obliquely(draw, width: float, degrees: float) -> None:
    down = np.radians(degrees)
    mask = draw.bar((200, 300), (60 + 400 * np.cos(down), 400 * np.sin(down)), 1200, width, -degrees)
    (wire,) = measured(mask).wires  # its centre line enters at x = 60
    assert wire.length == pytest.approx(min(240 / np.cos(down), 200 / np.sin(down)), rel=0.03)
    assert wire.touches_border


def test_crossings_of_random_wires(draw) -> None:
    rng = np.random.default_rng(2)
    places = [(rng.uniform(100, 500, 2), rng.uniform(0, 180), 330) for _ in range(9)]
    mask = np.zeros((600, 600), bool)
    ends = []
    for (x, y), degrees, length in places:
        mask |= draw.bar(mask.shape, (x, y), length, 5, degrees)
        half = length / 2 * np.array([np.cos(np.radians(degrees)), -np.sin(np.radians(degrees))])
        ends.append((np.array([x, y]) - half, np.array([x, y]) + half))
    crossings: list[np.ndarray] = []
    for index, (a, b) in enumerate(ends):
        for other, (c, d) in enumerate(ends[:index]):
            s, t = np.linalg.solve(np.column_stack([b - a, c - d]), c - a)
            between = abs((places[index][1] - places[other][1] + 90) % 180 - 90)
            place = a + s * (b - a)
            # Three wires that meet in one place have one crossing; those at small angles are not told apart.
            alone = all(np.hypot(*(place - known)) > 12 for known in crossings)
            if 0 < s < 1 and 0 < t < 1 and between > 25 and alone:
                crossings.append(place)
    found = measured(mask)
    assert len(crossings) >= 7
    assert len(found.crossings) == len(crossings)
    for place in crossings:
        assert np.hypot(*(found.crossings - place).T).min() < 5
    inside = sum(np.hypot(*(np.clip(b, 0, 600) - np.clip(a, 0, 600))) for a, b in ends)
    assert found.length == pytest.approx(inside, rel=0.05)


def test_lines() -> None:
    steps = np.column_stack([np.arange(200), np.arange(200) // 3]).astype(float)
    assert line_length(steps) == pytest.approx(np.hypot(199, 199 / 3), rel=0.01)
    assert line_length(np.array([[0.0, 0], [3, 4]])) == 5
    assert len(curvatures(steps[:5], 3)) == 0


def test_the_table_names_its_units(draw) -> None:
    found = measured(draw.ring(SHAPE, CENTRE, 100, 5))
    nm, px = wire_table(found, 4.0, "a"), wire_table(found, None, "a")
    assert nm["length_nm"][0].as_py() == pytest.approx(4 * px["length_px"][0].as_py())
    assert nm["curvature_mean_per_um"][0].as_py() == pytest.approx(250 * px["curvature_mean_per_px"][0].as_py())
    assert nm.schema.field("curvature_mean_per_um").metadata[b"unit"].decode() == "1/µm"
    assert wire_table(measured(np.zeros((9, 9), bool)), 1.0, "a").num_rows == 0
