from __future__ import annotations

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixtures.scans import add_bar, draw_discs, grid_of_discs, to_8_bit

from diffrendergan.image_files.listing import list_scans
from diffrendergan.micrographs.databar import detect_data_bar
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import read_scan

SCAN = draw_discs((240, 320), grid_of_discs((240, 320), 60, 18, 5, 1), 1)


@given(
    rows=st.integers(16, 70),
    colours=st.sampled_from([(0, 250), (255, 0), (0, 128), (60, 255), (200, 10)]),
    line=st.booleans(),
    noise=st.floats(0.02, 0.1),
    seed=st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_bars_are_found_to_the_row(rows, colours, line, noise, seed):
    scan = draw_discs((240, 320), grid_of_discs((240, 320), 60, 18, 5, seed), seed, noise=noise)
    barred = add_bar(to_8_bit(scan), rows, *colours, line=line)
    assert detect_data_bar(barred.astype(np.float32) / 255) == rows


@given(
    background=st.floats(0.05, 0.9),
    noise=st.floats(0.01, 0.1),
    pitch=st.integers(30, 90),
    seed=st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_scans_without_a_bar_are_left_whole(background, noise, pitch, seed):
    scan = draw_discs((240, 320), grid_of_discs((240, 320), pitch, pitch / 4, 5, seed), seed, background, 0.8, noise)
    assert detect_data_bar(np.round(scan * 255).astype(np.float32) / 255) == 0


def test_clipped_black_ground_is_no_bar():
    scan = np.clip(draw_discs((240, 320), grid_of_discs((240, 320), 70, 15, 5, 3), 3, background=-0.3), 0, 1)
    assert detect_data_bar(scan) == 0


def test_a_flat_substrate_edge_at_the_bottom_is_no_bar():
    scan = SCAN.copy()
    scan[200:] = 0.1 + np.random.default_rng(0).normal(0, 0.02, (40, 320))
    assert detect_data_bar(scan.astype(np.float32)) == 0


def test_bar_is_cropped_and_can_be_overruled(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, add_bar(to_8_bit(SCAN), 30, 0, 250))
    assert read_scan(path).pixels.shape == (240, 320)
    assert read_scan(path, ReadingRules(data_bar=0)).pixels.shape == (270, 320)
    assert read_scan(path, ReadingRules(data_bar=50)).pixels.shape == (220, 320)


def test_bar_at_full_scale_under_a_12_bit_scan(tmp_path):
    scan = (SCAN * 4095).astype(np.uint16)
    bar = add_bar(np.zeros((1, 320), np.uint8), 30, 0, 255)[1:].astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", np.vstack([scan, bar]))
    assert read_scan(tmp_path / "a.tif").data_bar_rows == 30


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("tio2-sem", {56}),
        ("nanowires-sem-sparse", {70}),
        ("nanocomposite-agglomerates-sem", {0}),
        ("emps-spheres-sem", {0}),
    ],
)
def test_real_scans(shared, name, rows):
    paths = list_scans(shared / "data" / name / "images").paths
    assert {read_scan(path).data_bar_rows for path in paths[:: max(1, len(paths) // 3)]} == rows


def test_one_panel_in_forty_has_a_bar(shared):
    folder = shared / "data" / "emps-dots-tem" / "images"
    assert read_scan(folder / "1ecd5c901c.png").data_bar_rows == 78
    assert {read_scan(path).data_bar_rows for path in list_scans(folder).paths[5:15]} == {0}
