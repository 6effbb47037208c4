from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from tests.fixtures.scans import draw_discs, grid_of_discs

from diffrendergan.centrelines.joining import join_lines
from diffrendergan.detection.ridges import directions, draw_wires, find_wide_wires, find_wires, noise_level


def draw_lines(shape, lines, width, seed=0, noise=0.03):
    """Lines (x0, y0, x1, y1) of one width on a noisy ground."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    scan = np.full(shape, 0.3)
    for x0, y0, x1, y1 in lines:
        along = np.array([x1 - x0, y1 - y0], float)
        length = np.hypot(*along)
        along /= length
        t = np.clip((columns - x0) * along[0] + (rows - y0) * along[1], 0, length)
        distance = np.hypot(columns - x0 - t * along[0], rows - y0 - t * along[1])
        scan = np.maximum(scan, 0.3 + 0.4 * np.clip(width / 2 + 0.5 - distance, 0, 1))
    scan = ndimage.gaussian_filter(scan, 0.7) + np.random.default_rng(seed).normal(0, noise, shape)
    return np.clip(scan, 0, 1).astype(np.float32)


APART = [(30, 40, 180, 60), (60, 280, 200, 130), (250, 30, 270, 250), (40, 150, 140, 120)]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("width", [4, 8])
def test_widths_lengths_and_directions(width, seed):
    wires = find_wires(draw_lines((300, 300), APART, width, seed))
    assert len(wires) == len(APART)
    expected = sorted((np.hypot(x1 - x0, y1 - y0) for x0, y0, x1, y1 in APART), reverse=True)
    for wire, length in zip(wires, expected, strict=True):
        assert wire.width == pytest.approx(width, rel=0.2)
        assert wire.length == pytest.approx(length + width, rel=0.1) and wire.whole
        assert wire.bend_rad < 0.1
    turned = sorted((np.degrees(np.arctan2(y0 - y1, x1 - x0)) + 90) % 180 - 90 for x0, y0, x1, y1 in APART)
    assert sorted(wire.direction_deg for wire in wires) == pytest.approx(turned, abs=2)


def test_crossing_wires_are_not_cut():
    wires = find_wires(draw_lines((300, 300), [(30, 150, 270, 160), (140, 30, 170, 270)], 5))
    assert len(wires) == 2
    assert min(wire.length for wire in wires) > 225


def test_wide_wires():
    wires = find_wide_wires(draw_lines((400, 400), [(30, 100, 370, 120), (200, 170, 230, 380)], 24))
    assert len(wires) == 2
    assert [wire.width for wire in wires] == pytest.approx([24, 24], rel=0.2)


def test_discs_and_empty_ground_hold_no_wires():
    assert find_wires(draw_discs((300, 300), grid_of_discs((300, 300), 50, 12, 3, 0))) == []
    assert find_wires(draw_discs((300, 300), [])) == []
    assert find_wires(np.zeros((100, 100), np.float32)) == []


def test_an_edge_is_no_wire():
    scan = draw_lines((200, 200), [], 4)
    scan[:, 100:] += 0.3
    assert find_wires(scan) == []


@pytest.mark.parametrize("spread", [10, 40])
def test_alignment_tells_mean_and_spread(spread):
    rng = np.random.default_rng(0)
    angles = np.radians(80 + rng.uniform(-spread, spread, 40))
    lines = [(60, 60, 60 + 100 * np.cos(a), 160 - 100 * np.sin(a) - 100) for a in angles]
    wires = []
    for x0, y0, x1, y1 in lines:
        scan = draw_lines((240, 240), [(x0 + 60, y0 + 60, x1 + 60, y1 + 60)], 4)
        wires += find_wires(scan)
    found = directions(wires)
    difference = (found.mean_deg - 80 + 90) % 180 - 90
    assert abs(difference) < 8
    assert found.spread_deg == pytest.approx(spread, rel=0.35)


def test_wires_are_drawn_where_they_lie():
    scan = draw_lines((300, 300), APART, 6, noise=0.01)
    area = draw_wires(scan.shape, find_wires(scan))
    truth = scan > 0.5
    assert (area & truth).sum() / truth.sum() > 0.95
    assert area.sum() < 1.7 * truth.sum()
    assert not draw_wires((10, 10), []).any()


def test_noise_level():
    rng = np.random.default_rng(0)
    assert noise_level(rng.normal(0.5, 0.04, (200, 200)).astype(np.float32)) == pytest.approx(0.04, rel=0.1)


def test_pieces_are_joined_only_in_line():
    along = np.column_stack([np.arange(20.0), np.zeros(20)])
    ahead, beside = along + np.array([26, 0.5]), along + np.array([0, 12])
    turned = along[:, ::-1] + np.array([24, 5])
    assert sorted(len(line) for line in join_lines([along, ahead, beside, turned])) == [20, 20, 40]
    assert join_lines([]) == []
