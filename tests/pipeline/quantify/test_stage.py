from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.reporting.conftest import edit_scores, project_of, write_evaluate, write_prepare, write_scans

from diffrendergan.config.project import Project
from diffrendergan.errors import RunFolderError
from diffrendergan.evaluation.pictures import write_labels
from diffrendergan.labels.layer_files import write_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.reading import read_numbers
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.pipeline.quantify.stage import run_quantify
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import SilentReporter

PREDICTIONS = "evaluate/predictions/seed_0/components"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "scans").mkdir()
    return project_of(write_scans(tmp_path / "scans"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with its held-out scans predicted."""
    write_prepare(tmp_path / "run")
    write_evaluate(tmp_path / "run")
    return tmp_path / "run"


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "scans").iterdir()}


def test_predictions_and_annotations_are_measured_as_the_command_does(project: Project, run: Path) -> None:
    run_quantify(project, run, SilentReporter())
    from diffrendergan.pipeline.quantify.label_folder import open_labels

    names = ["scan c", "scan d"]
    paths = [project.data.images / f"{name}.png" for name in names]
    settings = QuantifySettings(pixel_size_nm=5.0, data_bar=0, figures=False)
    for side, folder, suffix in (
        ("predictions", run / PREDICTIONS, ""),
        ("annotations", project.data.masks, "_m"),
    ):
        by_hand = run / side
        quantify_scans(paths, open_labels(folder, names, suffix, "instances"), settings, by_hand, SilentReporter())
        found = run / "quantify" / side
        for file in ("scans.csv", "particles.csv"):
            assert (found / file).read_bytes() == (by_hand / file).read_bytes()
        told, wanted = (json.loads((place / "summary.json").read_text()) for place in (found, by_hand))
        assert told["together"] == wanted["together"] and told["failed"] == {}


@pytest.mark.slow
def test_two_processes_measure_the_same(project: Project, run: Path) -> None:
    from diffrendergan.pipeline.quantify.label_folder import open_labels

    paths = [project.data.images / f"{name}.png" for name in ("scan c", "gone", "scan d")]
    segmenter = open_labels(run / PREDICTIONS, ["scan c", "scan d"], "", "instances")
    settings = QuantifySettings(pixel_size_nm=5.0, data_bar=0, figures=False, bootstrap=20)
    for workers, out in ((1, run / "one"), (2, run / "two")):
        made = quantify_scans(paths, segmenter, settings, out, SilentReporter(), workers=workers)
        assert [record.name for record in made.records] == ["scan c", "scan d"] and set(made.failed) == {"gone"}
    one, two = (
        {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.*") if path.suffix in (".csv", ".json")}
        for out in (run / "one", run / "two")
    )
    assert one == two and "particles/scan d.csv" in one


def test_the_stage_works_in_as_many_processes_as_the_project_says(project: Project, run: Path, monkeypatch) -> None:
    """And what it hands to them can be sent; that they give the same is tested above."""
    shared = Project.model_validate(project.model_dump() | {"compute": {"workers": 2}})
    asked = []

    def spy(function, indices, reporter, description, workers):
        asked.append(workers)
        return map_indices(pickle.loads(pickle.dumps(function)), indices, reporter, description, 1)

    monkeypatch.setattr("diffrendergan.pipeline.quantify.run.map_indices", spy)
    run_quantify(shared, run, SilentReporter())
    assert asked == [2, 2]
    assert json.loads((run / "quantify" / "predictions" / "summary.json").read_text())["failed"] == {}


def test_specks_of_annotations_are_told(project: Project, run: Path) -> None:
    for path in project.data.masks.iterdir():
        numbers = np.asarray(Image.open(path)).copy()
        numbers[2:60:6, 60] = np.arange(10, 20)
        Image.fromarray(numbers).save(path)
    lines: list[str] = []

    class Notes(SilentReporter):
        def note(self, message: str) -> None:
            lines.append(message)

    run_quantify(project, run, Notes())
    (line,) = (line for line in lines if line.startswith("warning: of the annotations, "))
    assert "whole particles" in line and line.endswith("check the label images.")
    assert "min_region_px" not in line
    told = json.loads((run / "quantify" / "annotations" / "summary.json").read_text())
    assert [line.removeprefix("warning: of the annotations, ")] == told["warnings"]


def test_an_interrupted_stage_keeps_the_scans_that_are_whole(project: Project, run: Path) -> None:
    run_quantify(project, run, SilentReporter())
    place = run / "quantify" / "predictions"
    before = times(place)
    (place / "scans" / "scan d.json").unlink()
    run_quantify(project, run, SilentReporter())
    after = times(place)
    assert after["scan c.json"] == before["scan c.json"] and after["scan d.json"] > before["scan d.json"]
    # Another prediction is another origin.
    write_labels(run / PREDICTIONS / "scan c.tif", np.eye(64, dtype=np.int32), 5.0)
    run_quantify(project, run, SilentReporter())
    assert times(place)["scan c.json"] > after["scan c.json"] and times(place)["scan d.json"] == after["scan d.json"]


def test_a_broken_prediction_is_named(project: Project, run: Path) -> None:
    path = run / PREDICTIONS / "scan d.tif"
    path.write_bytes(b"II*\0 broken")
    with pytest.raises(RunFolderError, match=r"scan d\.tif is broken \(it cannot be read"):
        run_quantify(project, run, SilentReporter())
    write_labels(path, np.zeros((9, 9), np.int32), None)
    with pytest.raises(RunFolderError, match=r"scan d\.tif is broken \(it has the shape \(9, 9\)"):
        run_quantify(project, run, SilentReporter())
    path.unlink()
    with pytest.raises(RunFolderError, match=r"scan d\.tif is broken \(it is missing\)"):
        run_quantify(project, run, SilentReporter())


def test_without_predictions_there_is_nothing_to_measure(project: Project, run: Path) -> None:
    edit_scores(run, lambda value: value.update(scans=[]))
    run_quantify(project, run, SilentReporter())
    assert not (run / "quantify").exists()
    (run / "evaluate" / "scores.json").unlink()
    with pytest.raises(RunFolderError, match="`diffrendergan evaluate` first"):
        run_quantify(project, run, SilentReporter())


def test_whole_particles_that_evaluate_has_kept_are_measured(project: Project, run: Path) -> None:
    for name in ("scan c", "scan d"):
        labels = read_numbers(run / PREDICTIONS / f"{name}.tif").numbers
        write_layers(run / PREDICTIONS / f"{name}.coco.json", Layers.of_labels(labels), f"{name}.tif")
    run_quantify(project, run, SilentReporter())
    out = run / "quantify" / "predictions"
    told = json.loads((out / "summary.json").read_text())["together"]["nm"]
    assert told["whole"]["number_weighted"] == told["number_weighted"]
    assert (out / "whole" / "scan c.json").is_file()
    (run / PREDICTIONS / "scan c.coco.json").write_text("{}")
    with pytest.raises(RunFolderError, match="COCO"):
        run_quantify(project, run, SilentReporter())
