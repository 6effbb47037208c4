"""Height maps as scans: nanometres travel beside grey values."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from diffrendergan.config.data import HeightsConfig
from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.metadata.heights import imagej_heights
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.micrographs.resampling import resampled
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import open_scan, read_scan, read_scans
from diffrendergan.runs.reporter import SilentReporter

SIDE = 96


def map_of(seed: int = 0):
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE))
    ball = np.maximum(20**2 - (rows - 40) ** 2 - (columns - 50) ** 2, 0)
    return (rng.normal(0, 0.3, (SIDE, SIDE)) + 2 * np.sqrt(ball) + 0.5 * rows - 0.2 * columns).astype(np.float32)


@pytest.fixture
def scan_file(tmp_path):
    write_imagej_tiff(tmp_path / "scan.tif", map_of(), 2.0, "nm")
    return tmp_path / "scan.tif"


def read(path, **heights):
    rules = ReadingRules(heights=HeightsConfig(**heights))
    (scan,), _ = read_scans([path], rules, SilentReporter())
    return scan


def test_a_file_that_states_lengths_is_a_level_height_map(scan_file):
    scan = read(scan_file)
    assert scan.kind.kind == "height" and scan.pixel_size_nm == pytest.approx(2.0)
    assert scan.heights_nm.max() == pytest.approx(40, abs=1.0)
    ground = scan.heights_nm[:15, :25]
    assert abs(ground.mean()) < 0.1 and ground.std() < 0.5
    assert scan.pixels.min() >= 0 and scan.pixels.max() <= 1
    assert any("level" in remark for remark in scan.remarks)


def test_grey_values_are_the_heights_by_one_line(scan_file):
    scan = read(scan_file)
    low, high = scan.stretch.low, scan.stretch.high
    inner = (scan.pixels > 0) & (scan.pixels < 1)
    np.testing.assert_allclose(low + scan.pixels[inner] * (high - low), scan.heights_nm[inner], atol=1e-3)


def test_as_it_is_recorded_where_that_is_asked_for(scan_file):
    scan = read(scan_file, degree="none")
    np.testing.assert_allclose(scan.heights_nm, map_of(), atol=1e-4)
    assert not any("level" in remark for remark in scan.remarks)


def test_a_number_is_worth_what_is_said_by_hand(tmp_path):
    tifffile.imwrite(tmp_path / "bare.tif", map_of() * 1e-9)
    assert read(tmp_path / "bare.tif").heights_nm is None
    scan = read(tmp_path / "bare.tif", nm_per_number=1e9)
    assert scan.heights_nm.max() == pytest.approx(40, abs=1.0)


def test_pictures_can_be_levelled_too(tmp_path):
    grey = np.clip(40 + 2 * map_of(), 0, 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "grey.tif", grey)
    plain, level = (open_scan(tmp_path / "grey.tif", ReadingRules(heights=HeightsConfig(**each)))
                    for each in ({}, {"degree": 1}))  # fmt: skip
    assert plain.values.dtype == np.uint8 and level.values.dtype == np.float32 and level.nm_per_number is None
    assert level.values[:15].std() < plain.values[:15].std()


def test_heights_go_where_their_scan_goes(scan_file):
    half = resampled(read(scan_file), 0.5)
    assert half.heights_nm.shape == half.pixels.shape and half.heights_nm.max() == pytest.approx(40, abs=1.5)


@pytest.mark.parametrize(
    ("tags", "worth"),
    [
        ({"vunit": "nm"}, 1.0),
        ({"vunit": "µm", "cf": 0, "c0": 3.0, "c1": 0.001}, 1.0),
        ({"vunit": "m", "c1": 2e-9}, 2.0),
        ({"vunit": "Gray Value"}, None),
        ({"vunit": "nm", "cf": 3, "c1": 1.0}, None),
        ({"vunit": "nm", "c1": 0.0}, None),
        ({}, None),
        (None, None),
    ],
)
def test_imagej_calibration_of_values(tags, worth):
    found = imagej_heights(tags)
    assert found is worth if worth is None else found == pytest.approx(worth)


def test_read_alone_they_are_grey_by_their_own_range(scan_file):
    scan = read_scan(scan_file)
    assert scan.heights_nm.max() == pytest.approx(40, abs=1.0) and scan.pixels.max() == 1 and scan.stretch is not None


def test_a_scale_of_pixels_alone_makes_no_heights(tmp_path):
    write_imagej_tiff(tmp_path / "map.tif", map_of(), 2.0)
    assert decode(tmp_path / "map.tif").metadata.nm_per_number is None
