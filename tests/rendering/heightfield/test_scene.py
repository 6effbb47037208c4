"""Bodies and wires in one image."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.rendering.heightfield.light import openness
from diffrendergan.rendering.heightfield.scene import Placement, Samples, body_samples, draw, footprints, shown
from diffrendergan.rendering.heightfield.strokes import Stroke, stroke_samples

BALL, BOX, ROD = range(3)


def placed(*rows, turn=0.0, mirrored=False):
    """Place bodies given as (body, column, row, height, scale)."""
    body, column, row, height, scale = np.array(rows, np.float64).T
    arrays = (values.astype(np.float32) for values in (column, row, height, scale, np.full(len(body), turn)))
    return Placement(body.astype(np.int64), *arrays, np.full(len(body), mirrored))


def test_a_ball_is_where_it_was_put(atlas):
    seen = draw(atlas, placed((BALL, 40, 25, 12, 12)), (64, 96))
    rows, columns = np.nonzero(seen.labels)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((25, 40), abs=0.05)
    assert len(rows) == pytest.approx(np.pi * 144, rel=0.02)
    assert seen.coverage.sum() == pytest.approx(np.pi * 144, rel=0.02)
    assert seen.height[25, 40] == pytest.approx(24, abs=0.3)
    assert seen.thickness.sum() == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.02)
    assert seen.height[seen.labels == 0].max() == 0


def test_the_higher_of_two_hides_the_lower_and_both_count_in_the_thickness(atlas):
    bodies = placed((BALL, 30, 32, 10, 10), (BALL, 36, 32, 28, 10))
    seen = draw(atlas, bodies, (64, 64))
    assert seen.labels[32, 33] == 2 and seen.labels[32, 22] == 1
    assert (seen.labels == 2).sum() == pytest.approx(np.pi * 100, rel=0.03)
    weighted = shown(body_samples(atlas, bodies, (64, 64)), (64, 64), np.array([1, 0], np.float32))
    alone = draw(atlas, placed((BALL, 30, 32, 10, 10)), (64, 64))
    np.testing.assert_allclose(weighted.thickness, alone.thickness, atol=1e-4)


def test_rods_turn_from_columns_to_rows(atlas):
    spreads = []
    for turn in (0.0, np.pi / 2):
        rows, columns = np.nonzero(draw(atlas, placed((ROD, 48, 48, 0, 9), turn=turn), (96, 96)).labels)
        spreads.append((np.ptp(columns), np.ptp(rows)))
    assert spreads[0] != pytest.approx(spreads[1], abs=2)
    assert spreads[0] == pytest.approx(spreads[1][::-1], abs=2)


def test_a_body_beyond_the_image_is_cut(atlas):
    seen = draw(atlas, placed((BALL, 0, 32, 0, 10), (BALL, -30, -30, 0, 10)), (64, 64))
    assert set(np.unique(seen.labels)) == {0, 1}
    assert (seen.labels == 1).sum() == pytest.approx(np.pi * 50, rel=0.05)


def test_an_empty_scene_is_ground(atlas):
    none = Placement(np.zeros(0, np.int64), *[np.zeros(0, np.float32)] * 5, np.zeros(0, bool))
    seen = draw(atlas, none, (32, 48))
    assert not any(values.any() for values in (seen.labels, seen.height, seen.thickness, seen.tilt, seen.coverage))


def test_footprints_lie_around_the_origin(atlas):
    feet = footprints(atlas, placed((BALL, 100, 3, 50, 6), (BOX, 0, 0, 0, 4)))
    ball = feet.owner == 0
    assert (feet.column[ball].mean(), feet.row[ball].mean()) == pytest.approx((0, 0), abs=0.05)
    assert feet.top[ball].max() == pytest.approx(6, abs=0.1)
    assert feet.bottom[ball].min() == pytest.approx(-6, abs=0.2)


def test_a_wire_has_its_length_width_and_height():
    seen = shown(stroke_samples([Stroke(50, 40, 5, 0.5, 60, 4)], (80, 100)), (80, 100))
    assert (seen.labels > 0).sum() == pytest.approx(60 * 8 + np.pi * 16, rel=0.03)
    assert seen.height.max() == pytest.approx(9, abs=0.05)
    rows, columns = np.nonzero(seen.labels)
    direction = np.linalg.eigh(np.cov(columns, rows))[1][:, 1]
    assert abs(np.arctan(direction[1] / direction[0]) - 0.5) < 0.03


def test_a_bent_and_tapered_wire_is_drawn_so():
    straight, bent = (
        shown(stroke_samples([Stroke(60, 40, 5, 0, 90, 4, 1, b)], (90, 120)), (90, 120)) for b in (0, 1.0)
    )
    rows = [np.nonzero(seen.labels)[0] for seen in (straight, bent)]
    assert np.ptp(rows[1]) > np.ptp(rows[0]) + 8
    thin = shown(stroke_samples([Stroke(60, 40, 5, 0, 90, 4, 0.5)], (90, 120)), (90, 120))
    widths = (thin.labels > 0).sum(0)
    assert widths[20] == pytest.approx(8, abs=1) and widths[100] == pytest.approx(4, abs=1)


def test_parts_are_counted_on(atlas):
    ball = body_samples(atlas, placed((BALL, 20, 20, 0, 6)), (64, 64))
    both = Samples.joined([ball, stroke_samples([Stroke(45, 45, 3, 0, 20, 3)], (64, 64), first=1)])
    labels = shown(both, (64, 64)).labels
    assert labels[20, 20] == 1 and labels[45, 45] == 2


def test_level_ground_is_open_and_a_pit_is_not():
    assert (openness(np.zeros((40, 40), np.float32), 20) == 1).all()
    rows, columns = np.indices((81, 81)) - 40
    pit = np.where(np.hypot(rows, columns) <= 20, 0.0, 20.0).astype(np.float32)
    sky = openness(pit, 34)
    # On the floor of a round pit of radius R and depth D the share R² / (R² + D²) of the sky is seen.
    assert sky[40, 40] == pytest.approx(0.5, abs=0.05)
    assert sky[0, 0] == 1
