"""Virtual scans on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator import write
from diffrendergan.simulator.microscope import simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import encode_mask, encode_tiff, write_demo_data

TINY = MicroscopeSettings(width=96, height=112, data_bar=16, margin_px=8)
REPORTER = SilentReporter()


def stamps(folder: Path) -> dict[str, int]:
    """When each file was last written [ns]."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("scan_*")}


def test_files_hold_what_was_simulated(tmp_path: Path) -> None:
    images = write_demo_data(tmp_path, 2, TINY, seed=3, reporter=REPORTER)
    assert [path.relative_to(tmp_path).as_posix() for path in images] == ["images/scan_00.tif", "images/scan_01.tif"]
    for index, path in enumerate(images):
        scan = simulate_scan(TINY, 3, index)
        np.testing.assert_array_equal(tifffile.imread(path), scan.pixels)
        with Image.open(tmp_path / f"masks/scan_{index:02d}.png") as mask:
            assert mask.mode == "I;16"
            np.testing.assert_array_equal(np.asarray(mask), scan.labels)


def test_pixel_size_travels_in_both_kinds_of_metadata(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(encode_tiff(np.zeros((20, 30), np.uint8), 7.34375))
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        assert tiff.sem_metadata is not None
        assert tiff.sem_metadata["ap_pixel_size"] == ("Pixel Size", 7.34375, "nm")
        assert tiff.sem_metadata[""][3] == pytest.approx(7.34375e-9)
        tags = tiff.pages[0].tags
        numerator, denominator = tags["XResolution"].value
        assert tags["ResolutionUnit"].value == 3  # centimetre
        assert 1e7 * denominator / numerator == pytest.approx(7.34375, rel=1e-6)
        assert "virtual microscope" in tags["Software"].value


def test_a_second_call_makes_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_demo_data(tmp_path, 2, TINY, 0, REPORTER)
    before = stamps(tmp_path)
    monkeypatch.setattr(write, "simulate_scan", lambda *_: pytest.fail("simulated again"))
    write_demo_data(tmp_path, 2, TINY, 0, REPORTER)
    assert stamps(tmp_path) == before


def test_after_a_kill_only_the_missing_ones_are_made(tmp_path: Path) -> None:
    write_demo_data(tmp_path, 3, TINY, 0, REPORTER)
    whole = {path.name: path.read_bytes() for path in tmp_path.rglob("scan_*")}
    before = stamps(tmp_path)
    (tmp_path / "masks/scan_01.png").unlink()
    write_demo_data(tmp_path, 3, TINY, 0, REPORTER)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("scan_*")} == whole
    assert stamps(tmp_path)["scan_00.tif"] == before["scan_00.tif"]
    (tmp_path / write.RECORD).unlink()  # killed before the record: the same files are recognised
    write_demo_data(tmp_path, 3, TINY, 0, REPORTER)
    assert (tmp_path / write.RECORD).exists()


def test_other_settings_replace_our_files_and_a_shorter_series_removes_the_rest(tmp_path: Path) -> None:
    write_demo_data(tmp_path, 3, TINY, 0, REPORTER)
    first = (tmp_path / "images/scan_00.tif").read_bytes()
    write_demo_data(tmp_path, 2, TINY, 1, REPORTER)
    assert (tmp_path / "images/scan_00.tif").read_bytes() != first
    assert sorted(path.name for path in tmp_path.rglob("scan_*")) == [
        *("scan_00.png", "scan_00.tif", "scan_01.png", "scan_01.tif")
    ]


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    foreign = tmp_path / "images/scan_00.tif"
    foreign.write_bytes(b"years of work")
    with pytest.raises(DataError, match=r"scan_00\.tif is in the way"):
        write_demo_data(tmp_path, 1, TINY, 0, REPORTER)
    assert foreign.read_bytes() == b"years of work"


def test_a_changed_mask_is_left_alone(tmp_path: Path) -> None:
    write_demo_data(tmp_path, 1, TINY, 0, REPORTER)
    mask = tmp_path / "masks/scan_00.png"
    mask.write_bytes(encode_mask(np.ones((112, 96), np.int32)))
    with pytest.raises(DataError, match="changed since"):
        write_demo_data(tmp_path, 1, TINY, 0, REPORTER)


def test_too_many_instances() -> None:
    with pytest.raises(ValueError, match="16 bits"):
        encode_mask(np.full((2, 2), 70_000, np.int32))
