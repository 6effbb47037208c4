"""A benchmark of annotated scans of one's own; nothing is trained."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import Notes

from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.evaluation.scoring import Row
from diffrendergan.labels.reading import read_numbers
from diffrendergan.pipeline.benchmark import given
from diffrendergan.pipeline.benchmark.annotated import AnnotatedProject
from diffrendergan.pipeline.benchmark.outlook import outlook
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.run import run_benchmark
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings, splits_of
from diffrendergan.runs.reporter import SilentReporter


@pytest.fixture
def folder(data, tmp_path):
    """Four annotated scans with a project file, and what another program found in three of them."""
    shutil.copytree(data / "images", tmp_path / "images")
    (tmp_path / "masks").mkdir()
    (tmp_path / "project.yaml").write_text(
        "data: {images: images, masks: masks, patch_size: 64}\n"
        "evaluation: {decoding: watershed, min_region_px: 0}\n", encoding="utf-8"
    )  # fmt: skip
    (tmp_path / "cellpose").mkdir()
    for mask in sorted((data / "masks").iterdir()):
        labels = read_numbers(mask).numbers.astype(np.uint16)
        tifffile.imwrite(tmp_path / "masks" / f"{mask.stem}.tif", labels)
        if mask.stem != "scan_03":
            found = labels * (labels != labels.max())  # all but one
            tifffile.imwrite(tmp_path / "cellpose" / f"{mask.stem}_cp_masks.tif", found)
    return tmp_path


def settings_of(folder, *rows, **changes):
    sources = choose_sources(rows or ("classical",), [], [f"cellpose={folder / 'cellpose'}"], ("run", "generalist"))
    return BenchmarkSettings(AnnotatedProject(folder / "project.yaml"), folder / "out", sources, **changes)


def test_other_programs_stand_beside_thresholds_with_the_same_tables(folder):
    notes = Notes()
    made = run_benchmark(settings_of(folder), notes)
    assert [split.name for split in made.splits] == ["all"]  # nothing is trained, so nothing is divided
    ways = dict.fromkeys((row.method, row.decoding) for row in made.rows)
    assert next(iter(ways)) == ("cellpose", "given") and ("otsu", "watershed") in ways and ("li", "components") in ways
    theirs = {row.scan: row.scores for row in made.rows if row.method == "cellpose"}
    assert sorted(theirs) == ["scan_00", "scan_01", "scan_02"]
    assert all(scores.count_error == -1 and scores.dsc > 0.7 for scores in theirs.values())
    missing = "cellpose has no prediction of 1 of 4 scans (scan_03): its means are those of the others."
    table = (folder / "out" / "table.md").read_text()
    assert missing in notes.lines and missing in table and "On fewer scans: cellpose (3)." in table
    assert "Differences from the row `otsu`" in table and "by watershed" in table
    written = json.loads((folder / "out" / "benchmark.json").read_text())
    entry = next(e for e in written["differences"]["tables"]["scans"] if e["method"] == "cellpose")
    assert entry["against"] == "watershed" and entry["dsc"]["interval"] is not None
    assert (folder / "out" / "given" / "cellpose" / "overlays" / "scan_00.png").exists()


def test_what_does_not_fit_the_scans_is_refused_before_anything_is_scored(folder):
    path = folder / "cellpose" / "scan_01_cp_masks.tif"
    tifffile.imwrite(path, tifffile.imread(path)[:, 20:])
    with pytest.raises(DataError, match=r"--predictions cellpose: .*scan_01_cp_masks\.tif has 236×"):
        run_benchmark(settings_of(folder), SilentReporter())
    path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"--predictions cellpose: .*scan_01_cp_masks\.tif"):
        run_benchmark(settings_of(folder), SilentReporter())
    for path in (folder / "cellpose").iterdir():
        path.rename(path.with_name(f"other_{path.name}"))
    with pytest.raises(DataError, match=r"no label image in .*cellpose fits a scan"):
        run_benchmark(settings_of(folder), SilentReporter())


def test_scans_without_masks_are_named_and_only_learned_from(folder):
    (folder / "masks" / "scan_02.tif").unlink()
    shutil.copy(folder / "images" / "scan_00.tif", folder / "images" / "copy.tif")
    notes, settings = Notes(), settings_of(folder, "real", folds=3)
    settings = replace(settings, sources=choose_sources(["real"], []))
    splits = splits_of(settings, notes)
    assert sorted(name for split in splits for name in split.test) == ["scan_00", "scan_01", "scan_03"]
    # A copy of an annotated scan would be learned from while the scan is scored.
    assert all("scan_02" in split.train and "copy" not in split.train for split in splits)
    assert any("2 of 5 scans have no annotation" in line for line in notes.lines)
    for path in (folder / "masks").glob("scan*"):
        path.unlink()
    with pytest.raises(DataError, match="masks holds no label image of any scan"):
        splits_of(settings)
    unset = replace(settings, overrides=("data.masks=null",))
    with pytest.raises(ConfigError, match=r"project\.yaml names no annotations"):
        splits_of(unset)


def test_a_scan_that_cannot_be_read_is_named_and_passed_over(folder):
    (folder / "images" / "broken.tif").write_bytes(b"no image")
    shutil.copy(folder / "masks" / "scan_00.tif", folder / "masks" / "broken.tif")
    notes = Notes()
    made = run_benchmark(settings_of(folder), notes)
    assert {row.scan for row in made.rows if row.method == "otsu"} == {f"scan_{number:02d}" for number in range(4)}
    assert any(line.startswith("broken.tif is passed over: ") for line in notes.lines)


def test_scans_that_the_project_keeps_back_have_a_table_of_their_own(folder):
    settings = settings_of(folder, overrides=("data.test_scans=[scan_03]",))
    assert [(split.name, split.test) for split in splits_of(settings)] == [
        ("all", ("scan_00", "scan_01", "scan_02")), ("test", ("scan_03",))
    ]  # fmt: skip
    assert "Split test: scored on 1 scan kept back from all development" in outlook(settings)
    shutil.copy(folder / "images" / "scan_00.tif", folder / "images" / "copy.tif")
    shutil.copy(folder / "masks" / "scan_00.tif", folder / "masks" / "copy.tif")
    with pytest.raises(ConfigError, match=r"data\.test_scans of .* keeps back copy, whose pixels are trained on"):
        splits_of(replace(settings, overrides=("data.test_scans=[copy]",)))
    with pytest.raises(ConfigError, match="there is no scan 'scan_3'"):
        splits_of(replace(settings, overrides=("data.test_scans=[scan_3]",)))


def test_a_run_is_scored_on_what_it_kept_back_and_networks_are_not_asked_twice(folder, monkeypatch):
    asked = []

    def whole(scan):
        asked.append(scan.name)
        return {"watershed": (scan.pixels > 0.4).astype(np.int32)}

    network = SimpleNamespace(describe=lambda: {"model": "here"})
    prepared = SimpleNamespace(train_scans=("scan_00", "scan_01"), test_scans=("scan_02", "scan_03"))
    monkeypatch.setattr(given, "run_project_of", lambda run: SimpleNamespace(evaluation=SimpleNamespace(seeds=(4,))))
    monkeypatch.setattr(given, "load_prepared", lambda run: prepared)
    monkeypatch.setattr(given, "_is_trained", lambda *asked: True)
    monkeypatch.setattr(given, "load_trained", lambda run, seed: network)
    monkeypatch.setattr(given, "_by_run", lambda project, network, scan: whole(scan))
    settings = settings_of(folder, "run")
    first = run_benchmark(settings, SilentReporter())
    rows: list[Row] = [row for row in first.rows if row.method == "run"]
    assert [(row.scan, row.seed) for row in rows] == [("scan_02", 4), ("scan_03", 4)]
    assert "not on scan_00, scan_01." in (folder / "out" / "table.md").read_text()
    assert run_benchmark(settings, SilentReporter()).rows == first.rows and asked == ["scan_02", "scan_03"]
    # Of another annotation they are scored anew.
    path = folder / "masks" / "scan_02.tif"
    tifffile.imwrite(path, tifffile.imread(path) * (tifffile.imread(path) > 1))
    assert run_benchmark(settings, SilentReporter()).rows != first.rows and asked[2:] == ["scan_02"]


def test_a_run_that_is_not_there(folder):
    assert not given.has_run(AnnotatedProject(folder / "project.yaml").project())
    with pytest.raises(RunFolderError, match="is no run folder"):
        run_benchmark(settings_of(folder, "run"), SilentReporter())
