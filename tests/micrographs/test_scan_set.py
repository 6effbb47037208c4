from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import Image
from tests.fixtures.scans import draw_discs, to_8_bit

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.micrographs.scan_set import read_scan_set


def write_scans(folder: Path, *names: str) -> None:
    folder.mkdir()
    for seed, name in enumerate(names):
        scan = to_8_bit(draw_discs((80, 100), [(30, 30, 8), (70, 50, 8)], seed))
        Image.fromarray(scan).save(folder / f"{name}.png")


def project_of(tmp_path: Path, *changes: str):
    path = tmp_path / "project.yaml"
    path.write_text("data: {images: images, patch_size: 64, data_bar: 0}\n", encoding="utf-8")
    return load_project(path, None, changes)


def test_copies_of_scans_stay_together_and_are_named(tmp_path, notes):
    write_scans(tmp_path / "images", "a", "b", "c", "d")
    for name in "abcd":
        (tmp_path / "images" / f"copy of {name}.png").write_bytes((tmp_path / "images" / f"{name}.png").read_bytes())
    scans = read_scan_set(project_of(tmp_path, "data.test_fraction=0.25"), notes)
    names = {scan.name for scan in scans.test}
    assert len(scans.train) == 6 and {name.removeprefix("copy of ") for name in names} < names
    assert any("a = copy of a, b = copy of b, c = copy of c" in sentence for sentence in notes.lines)
    with pytest.raises(ConfigError, match="keeps back a, whose pixels are trained on as copy of a"):
        read_scan_set(project_of(tmp_path, "data.test_scans=[a]"), notes)


def test_masks_beside_scans_are_no_scans(tmp_path, notes):
    write_scans(tmp_path / "images", "a", "b", "a_cp_masks")
    scans = read_scan_set(project_of(tmp_path), notes)
    assert [scan.name for scan in scans.all] == ["a", "b"]
    assert any("a_cp_masks.png" in sentence for sentence in notes.lines)


def test_names_are_composed(tmp_path, notes):
    decomposed = unicodedata.normalize("NFD", "Köln")
    write_scans(tmp_path / "images", decomposed, "b")
    scans = read_scan_set(project_of(tmp_path, f"data.test_scans=[{decomposed}]"), notes)
    assert [scan.name for scan in scans.test] == ["Köln"]


def test_what_cannot_be_read_is_named_and_passed_over(tmp_path, notes):
    write_scans(tmp_path / "images", "a", "b", "d", "e")
    (tmp_path / "images" / "c.tif").symlink_to("nowhere")
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG broken")
    scans = read_scan_set(project_of(tmp_path), notes)
    assert [scan.name for scan in scans.all] == ["a", "b", "d", "e"]
    assert any(line.startswith("c is passed over: ") and "leads nowhere" in line for line in notes.lines)
    assert any(line.startswith("broken.png is passed over: ") for line in notes.lines)
    # Those that are left are divided as if it were not there.
    (tmp_path / "images" / "broken.png").unlink()
    again = read_scan_set(project_of(tmp_path), notes)
    assert [scan.name for scan in again.test] == [scan.name for scan in scans.test]


def test_test_scans_that_cannot_be_read(tmp_path, notes):
    write_scans(tmp_path / "images", "a", "b")
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG broken")
    scans = read_scan_set(project_of(tmp_path, "data.test_scans=[broken, b]"), notes)
    assert [scan.name for scan in scans.test] == ["b"]
    with pytest.raises(DataError, match=r"data\.test_scans names only scans that cannot be used \(broken\)"):
        read_scan_set(project_of(tmp_path, "data.test_scans=[broken]"), notes)
    for name in "ab":
        (tmp_path / "images" / f"{name}.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(DataError, match=r"a\.png .*No other can be used either: b\.png, broken\.png\."):
        read_scan_set(project_of(tmp_path), notes)
