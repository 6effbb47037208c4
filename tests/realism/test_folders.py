from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.realism.folders import Found, read_folders
from diffrendergan.realism.sides import Patch, evenly, prepared_sides
from diffrendergan.runs.atomic import write_bytes
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.write import encode_tiff

from .conftest import patch


def write(folder: Path, numbers: range, size: int = 160, name: str = "scan", **changes: float) -> Path:
    folder.mkdir()
    for number in numbers:
        pixels = np.round(255 * patch(number, size=size, **changes)).astype(np.uint8)
        write_png(folder / f"{name}_{number}.png", pixels)
    return folder


def read(real: Path, synthetic: Path, size: int | None = None, count: int = 100) -> Found:
    return read_folders(real, synthetic, size, count, 0, SilentReporter())


def test_scans_are_cut_and_images_as_large_as_a_patch_are_taken_whole(tmp_path: Path) -> None:
    real, synthetic = write(tmp_path / "real", range(3)), write(tmp_path / "made", range(9), 64, "image")
    found = read(real, synthetic)
    assert found.size == 64 and len(found.real) == 3 * 9 and len(found.synthetic) == 9
    assert all(one.pixels.shape == (64, 64) for one in (*found.real, *found.synthetic))
    assert len({one.scan for one in found.real}) == 3 and len({one.scan for one in found.synthetic}) == 9
    assert "pixel size" in found.notes[0]
    np.testing.assert_array_equal(found.synthetic[2].pixels, patch(2, size=64))


def test_altered_copies_of_a_scan_count_as_that_scan(tmp_path: Path) -> None:
    real = write(tmp_path / "real", range(4))
    blurred = write(tmp_path / "blurred", range(2, 6), blur=0.7)
    found = read(real, blurred, 64)
    assert {one.scan for one in found.real} & {one.scan for one in found.synthetic} == {"scan_2", "scan_3"}
    assert "2 scans are on both sides" in found.notes[-1]


def test_equal_names_alone_say_nothing(tmp_path: Path) -> None:
    real, other = write(tmp_path / "real", range(2)), tmp_path / "other"
    other.mkdir()
    for number in range(2):
        write_png(other / f"scan_{number}.png", np.round(255 * patch(50 + number, size=160)).astype(np.uint8))
    found = read(real, other, 64)
    assert not {one.scan for one in found.real} & {one.scan for one in found.synthetic}


def test_equal_pixels_are_one_scan_whatever_their_names(tmp_path: Path) -> None:
    real, other = write(tmp_path / "real", range(3)), write(tmp_path / "other", range(3), name="copy")
    found = read(real, other, 64)
    assert {one.scan for one in found.real} == {one.scan for one in found.synthetic}


def test_other_magnifications_are_refused(tmp_path: Path) -> None:
    for folder, size_nm in (("real", 5.0), ("made", 6.0)):
        pixels = np.round(255 * patch(1, size=160)).astype(np.uint8)
        write_bytes(tmp_path / folder / "a.tif", encode_tiff(pixels, size_nm))
    with pytest.raises(DataError, match="5 nm on the real side and 6 nm on the synthetic side"):
        read(tmp_path / "real", tmp_path / "made")


def test_small_patches_are_refused(tmp_path: Path) -> None:
    real, made = write(tmp_path / "real", range(2)), write(tmp_path / "made", range(2), 24)
    with pytest.raises(DataError, match="24×24 px are too small"):
        read(real, made)


def test_of_many_images_some_are_read(tmp_path: Path) -> None:
    real, made = write(tmp_path / "real", range(2)), write(tmp_path / "made", range(30), 64)
    assert len(read(real, made, count=12).synthetic) == 12


def some(scans: int, each: int) -> list[Patch]:
    pixels = np.zeros((64, 64), np.float32)
    return [Patch(pixels, f"scan {s}", f"{s} {k}", 64.0 * k) for s in range(scans) for k in range(each)]


def test_patches_are_drawn_evenly_from_all_scans() -> None:
    drawn = evenly([*some(1, 50), *some(5, 3)[3:]], 15, np.random.default_rng(0))
    counts = [sum(one.scan == f"scan {k}" for one in drawn) for k in range(5)]
    assert counts == [3, 3, 3, 3, 3]


def test_one_scan_alone_is_cut_in_two_without_what_lies_between() -> None:
    real, synthetic, notes = prepared_sides(some(1, 20), some(20, 1), 100, np.random.default_rng(0))
    assert len(real.patches) == len(synthetic.patches) == 20 - real.scans.count("none")
    middles = {
        end: [p.place for p in real.patches if p.scan.endswith(end)] for end in ("(first half)", "(second half)")
    }
    assert min(middles["(second half)"]) - max(middles["(first half)"]) >= 64  # type: ignore[type-var, operator]
    assert "The real side is one scan" in notes[0]


def test_few_patches_are_refused() -> None:
    with pytest.raises(DataError, match="the synthetic side has 5 patches"):
        prepared_sides(some(4, 4), some(5, 1), 100, np.random.default_rng(0))


def test_an_image_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    real, synthetic = write(tmp_path / "real", range(2)), write(tmp_path / "made", range(2), 64, "image")
    (real / "broken.png").write_bytes(b"no image")
    assert {one.scan for one in read(real, synthetic).real} == {"scan_0", "scan_1"}
    for path in real.iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png .*No other can be used either"):
        read(real, synthetic)
