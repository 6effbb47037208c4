"""Chains of translucent balls, and whom each pixel of them belongs to."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.bodies import FAMILIES
from diffrendergan.generalist.chains import LEAST_SHARE, chained, seen_through
from diffrendergan.rendering.heightfield.scene import Samples, body_samples

SHAPE = (96, 96)


def balls(*discs: tuple[float, float, float]) -> Samples:
    """Return samples of balls, each given by column, row and radius; later ones lie higher."""
    rows, columns = (axis.ravel() + 0.5 for axis in np.indices(SHAPE))
    parts = []
    for height, (column, row, radius) in enumerate(discs):
        away = np.hypot(columns - column, rows - row)
        on = np.flatnonzero(away < radius).astype(np.int32)
        thick = (2 * np.sqrt(radius**2 - away[on] ** 2)).astype(np.float32)
        zeros = np.zeros(len(on), np.int32)
        parts.append(Samples(zeros, on, (radius - away[on]).astype(np.float32), thick + 100 * height, thick, 0 * thick))
    joined = Samples.joined(parts)
    owner = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.pixel) for part in parts])
    return Samples(owner, joined.pixel, joined.distance, joined.top, joined.thickness, joined.tilt)


def test_equal_balls_are_parted_in_the_middle_whichever_is_in_front():
    labels = seen_through(balls((40, 48, 12), (56, 48, 12)), SHAPE)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert (labels[48, 29:47] == 1).all() and (labels[48, 49:67] == 2).all()
    assert abs(int((labels == 1).sum()) - int((labels == 2).sum())) < 40


def test_a_small_ball_before_a_large_one_is_seen_in_its_middle():
    labels = seen_through(balls((48, 48, 30), (62, 48, 9)), SHAPE)
    assert labels[48, 62] == 2 and labels[48, 40] == 1
    assert (labels == 2).sum() > LEAST_SHARE * np.pi * 81


def test_a_ball_that_others_leave_nothing_of_goes_to_them():
    labels = seen_through(balls((48, 40, 14), (48, 56, 14), (40, 48, 14), (56, 48, 14), (48, 48, 6)), SHAPE)
    whole = balls((48, 40, 14), (48, 56, 14), (40, 48, 14), (56, 48, 14))
    assert (labels > 0).sum() == len(np.unique(whole.pixel))
    shares = np.bincount(labels.ravel(), minlength=6)[1:] / (np.pi * np.array([196, 196, 196, 196, 36]))
    assert ((shares == 0) | (shares > LEAST_SHARE)).all()


def test_nothing_is_seen_where_nothing_is():
    assert not seen_through(balls((-50, -50, 5)), SHAPE).any()


def test_chains_hang_together(bodies):
    atlas, families = bodies
    placed = chained(atlas, families, (256, 256), 20.0, np.random.default_rng(3))
    assert len(placed) >= 4
    names = {FAMILIES[families[body]].name for body in placed.body}
    assert names <= {"balls", "near balls", "dented balls"}
    places = np.stack([placed.column, placed.row, placed.height], axis=1)
    radii = placed.scale * np.sqrt(atlas.numbers[placed.body, 3] / np.pi)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) / (radii[:, None] + radii)
    np.fill_diagonal(apart, np.inf)
    assert (apart.min(axis=1) <= 1.001).all()  # each touches another, or is pushed into it
    assert np.median(2 * radii) == pytest.approx(20, rel=0.3)
    assert (body_samples(atlas, placed, (256, 256)).thickness >= 0).all()
