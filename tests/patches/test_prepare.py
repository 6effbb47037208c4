from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.fixtures.scans import add_bar, draw_discs, to_8_bit

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.patches.prepare import load_prepared, load_scan, run_prepare
from diffrendergan.runs.seal import seal


def project(images: Path, run: Path, **data) -> Project:
    values = {"images": str(images), "patch_size": 96, "stride": 32, "patches": 10, "background_patches": 6} | data
    return Project.model_validate({"run": str(run), "data": values})


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def run(tmp_path) -> Path:
    return tmp_path / "run"


def test_everything_is_written_and_loads(folder, run, notes):
    settings = project(folder, run)
    run_prepare(settings, run, notes)
    prepared = load_prepared(run)
    assert prepared.patches.shape == (10, 96, 96) and prepared.patches.dtype == np.float32
    assert prepared.background.shape == (6, 96, 96)
    assert len(prepared.train_scans) == 4 and len(prepared.test_scans) == 1
    assert prepared.pixel_size_nm is None
    assert any("pixel size is not known" in line for line in notes.lines)
    index = json.loads((run / "prepare/prepare.json").read_text())
    for entry, patch in zip(index["patches"], prepared.patches, strict=True):
        assert entry["full_particles"] >= 3 and entry["scan"] in prepared.train_scans
        scan = load_scan(settings, entry["scan"], run)
        assert np.array_equal(scan.pixels[entry["y"] : entry["y"] + 96, entry["x"] : entry["x"] + 96], patch)
    assert prepared.background.mean() < 0.25 and prepared.background.max() < 0.4  # ground at 0.2, particles at 0.7
    assert json.loads((run / "prepare/split.json").read_text())["test"] == list(prepared.test_scans)
    for name in ("patches.png", "background.png"):
        assert Image.open(run / "prepare" / name).width > 480


def test_repeating_gives_the_same_bytes_and_clears_stale_patches(folder, run, tmp_path, notes):
    run_prepare(project(folder, run), run, notes)
    (run / "prepare/patches/99999.png").write_bytes(b"stale")
    run_prepare(project(folder, run), run, notes)
    other = tmp_path / "other"
    run_prepare(project(folder, other), other, notes)
    assert digests(run) == digests(other)
    assert not (run / "prepare/patches/99999.png").exists()


def test_the_seed_changes_the_choice(folder, run, tmp_path, notes):
    run_prepare(project(folder, run), run, notes)
    other = tmp_path / "other"
    run_prepare(project(folder, other).model_copy(update={"seed": 1}), other, notes)
    assert (run / "prepare/selection.txt").read_text() != (other / "prepare/selection.txt").read_text()


def test_user_overrules_the_choice(folder, run, tmp_path, notes):
    run_prepare(project(folder, run), run, notes)
    text = (run / "prepare/selection.txt").read_text()
    lines = text.splitlines()
    first = lines.index("[patches]") + 1
    dropped = lines.pop(first)
    edited = tmp_path / "selection.txt"
    edited.write_text("\n".join(lines) + "\n")
    before = load_prepared(run)
    again = tmp_path / "again"
    run_prepare(project(folder, again, overrides=str(edited)), again, notes)
    after = load_prepared(again)
    assert np.array_equal(after.patches, before.patches[1:]) and np.array_equal(after.background, before.background)
    edited.write_text("- " + dropped.split("#")[0] + "\n")
    run_prepare(project(folder, again, overrides=str(edited)), again, notes)
    assert np.array_equal(load_prepared(again).patches, before.patches[1:])
    edited.write_text(
        "\n".join("- " + line.split("#")[0] for line in text.split("[patches]\n")[1].splitlines() if "full" in line)
    )
    with pytest.raises(ConfigError, match="removes every patch"):
        run_prepare(project(folder, again, overrides=str(edited)), again, notes)
    test_scan = before.test_scans[0]
    edited.write_text(f"{test_scan} 0 0\n")
    with pytest.raises(ConfigError, match="among the training scans"):
        run_prepare(project(folder, again, overrides=str(edited)), again, notes)


def test_listed_patches_within_a_frame_are_refused_and_at_its_edge_noted(folder, run, tmp_path, notes):
    for path in folder.iterdir():
        scan = tifffile.imread(path)
        scan[:, :40] = 0
        tifffile.imwrite(path, scan)
    edited = tmp_path / "selection.txt"
    settings = project(folder, run, overrides=str(edited), test_scans=["scan_4"])
    edited.write_text("scan_0 41 0\nscan_1 38 9\n")
    run_prepare(settings, run, notes)
    assert len(load_prepared(run).patches) == 2
    assert [line for line in notes.lines if "takes scan_1 38 9, of which 2.1% lies beyond the field" in line]
    assert not [line for line in notes.lines if "takes scan_0" in line]
    edited.write_text("scan_0 0 0\n")
    with pytest.raises(ConfigError, match=r"takes scan_0 0 0, of which 41\.7% lies where nothing was recorded"):
        run_prepare(settings, run, notes)


def test_too_few_patches_are_noted(folder, run, notes):
    run_prepare(project(folder, run, patches=5000, background_patches=5000), run, notes)
    prepared = load_prepared(run)
    assert 0 < len(prepared.patches) < 5000
    text = "\n".join(notes.lines)
    assert f"Only {len(prepared.patches)} distinct patches" in text
    assert "overlap by 90%" in text and "mirrored copies" in text and "background patches were found" in text


def test_dark_particles(folder, run, notes):
    for path in folder.glob("*.tif"):
        tifffile.imwrite(path, 255 - tifffile.imread(path))
    run_prepare(project(folder, run, foreground="dark"), run, notes)
    assert load_prepared(run).background.min() > 0.6


def test_no_patch_with_enough_particles(tmp_path, run, notes):
    images = tmp_path / "images"
    images.mkdir()
    for index in range(2):
        tifffile.imwrite(images / f"{index}.tif", to_8_bit(draw_discs((150, 150), [(75, 75, 15)], index)))
    with pytest.raises(DataError, match=r"shows 3 whole particles; check data\.foreground"):
        run_prepare(project(images, run), run, notes)
    assert not (run / "prepare/prepare.json").exists()


def test_small_training_scans_are_named_and_mixed_sizes_are_fine(folder, run, left_half_discs, notes):
    tifffile.imwrite(folder / "large.tif", to_8_bit(np.hstack([left_half_discs(7), left_half_discs(8)])))
    run_prepare(project(folder, run), run, notes)
    assert len(load_prepared(run).patches) == 10
    tifffile.imwrite(folder / "tiny.tif", to_8_bit(draw_discs((80, 200), [(30, 30, 8)])))
    with pytest.raises(DataError, match=r"tiny\.tif has 200×80 pixels"):
        run_prepare(project(folder, run, test_scans=["large"]), run, notes)


def test_data_bars_are_cropped(folder, run, notes):
    for path in folder.glob("*.tif"):
        tifffile.imwrite(path, add_bar(tifffile.imread(path), 24, 0, 250))
    settings = project(folder, run)
    run_prepare(settings, run, notes)
    assert all(
        entry["data_bar_rows"] == 24 for entry in json.loads((run / "prepare/prepare.json").read_text())["scans"]
    )
    assert load_scan(settings, load_prepared(run).test_scans[0]).pixels.shape == (192, 384)


def test_12_bit_scans_share_one_recorded_stretch(folder, run, notes):
    for path in folder.glob("*.tif"):
        tifffile.imwrite(path, tifffile.imread(path).astype(np.uint16) * 8)
    settings = project(folder, run)
    run_prepare(settings, run, notes)
    index = json.loads((run / "prepare/prepare.json").read_text())
    assert 0 < index["intensity"]["low"] < index["intensity"]["high"] < 2048
    prepared = load_prepared(run)
    assert prepared.patches.max() > 0.9 and prepared.patches.min() < 0.1
    entry = index["patches"][0]
    scan = load_scan(settings, entry["scan"])
    crop = scan.pixels[entry["y"] : entry["y"] + 96, entry["x"] : entry["x"] + 96]
    assert np.abs(crop - prepared.patches[0]).max() < 1e-5  # 16-bit PNG


def test_pixel_sizes_must_agree(folder, run, notes):
    for index, path in enumerate(sorted(folder.glob("*.tif"))):
        tifffile.imwrite(
            path, tifffile.imread(path), resolution=(2e6 + 1e6 * (index == 0),) * 2, resolutionunit="CENTIMETER"
        )
    with pytest.raises(DataError, match="different pixel sizes"):
        run_prepare(project(folder, run), run, notes)
    run_prepare(project(folder, run, pixel_size_nm=4.0), run, notes)
    assert load_prepared(run).pixel_size_nm == 4.0


def test_broken_masks_are_found_early_and_missing_ones_noted(folder, run, tmp_path, notes):
    masks = tmp_path / "masks"
    masks.mkdir()
    settings = project(folder, run, masks=str(masks), test_scans=["scan_0", "scan_1"])
    Image.fromarray(np.zeros((192, 384), np.uint8)).save(masks / "scan_0_m.png")
    run_prepare(settings, run, notes)
    assert any("1 of 2 test scans have no annotation" in line and "scan_1" in line for line in notes.lines)
    Image.fromarray(np.zeros((192, 300), np.uint8)).save(masks / "scan_0_m.png")
    with pytest.raises(DataError, match=r"scan_0_m\.png has 300×192"):
        run_prepare(settings, run, notes)


def test_loading_what_is_not_there(folder, run, notes):
    settings = project(folder, run)
    with pytest.raises(RunFolderError, match=r"prepare\.json is missing"):
        load_prepared(run)
    run_prepare(settings, run, notes)
    with pytest.raises(ConfigError, match=r"'scan_7'.*did you mean scan_"):
        load_scan(settings, "scan_7")
    tifffile.imwrite(folder / "scan_0.tif", np.arange(120 * 120, dtype=np.uint16).reshape(120, 120))
    with pytest.raises(DataError, match="has changed since"):
        load_scan(settings, "scan_0")
    seal(run / "prepare")
    for name in ("prepare.json", "patches/00003.png"):
        content = bytearray((run / "prepare" / name).read_bytes())
        content[-9] ^= 1
        (run / "prepare" / name).write_bytes(content)
        with pytest.raises(RunFolderError, match=rf"{name} is changed since"):
            load_prepared(run)
        content[-9] ^= 1
        (run / "prepare" / name).write_bytes(content)
    (run / "prepare/files.json").unlink()
    (run / "prepare/patches/00003.png").write_bytes(b"broken")
    with pytest.raises(RunFolderError, match=r"00003\.png is missing or broken"):
        load_prepared(run)
    shutil.copy(run / "prepare/split.json", run / "prepare/prepare.json")
    with pytest.raises(RunFolderError, match="another version"):
        load_prepared(run)
