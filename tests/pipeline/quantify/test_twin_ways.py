"""Twins as a stage of a project, as an option of the command, and in Python: the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label
from tests.fixtures.command_line import in_this_process
from tests.pipeline.quantify.test_twin import few_twins, write_scan
from tests.segmentation.test_trained import write_run

import diffrendergan as dg
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.evaluation.pictures import write_labels
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import read_index
from diffrendergan.pipeline.quantify.stage import run_quantify
from diffrendergan.reporting.page.measured import read_measured
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.reporting.page.twin_section import twin_section
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seal import sealed_names
from diffrendergan.segmentation.trained import TrainedSegmenter

__all__ = ["few_twins"]


def found(pixels: np.ndarray) -> np.ndarray:
    return label(ndimage.gaussian_filter(pixels, 1) > 0.45, connectivity=1).astype(np.int32)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose held-out scan is predicted, by a threshold in place of its network."""
    seen: list[int] = []

    def segment(self: TrainedSegmenter, scan: Micrograph) -> np.ndarray:
        seen.append(self.seed)
        return found(scan.pixels)

    monkeypatch.setattr(TrainedSegmenter, "segment", segment)
    monkeypatch.setattr(TrainedSegmenter, "seen", seen, raising=False)
    (tmp_path / "scans").mkdir()
    write_scan(tmp_path / "scans" / "a.tif")
    folder = write_run(tmp_path / "run")
    given = (f"data.images={tmp_path / 'scans'}", "evaluation.twins=true", f"run={folder}")
    (folder / "config.yaml").write_text(dump_project(load_project(folder / "config.yaml", None, given)))
    scan = {"name": "a", "file": "a.tif", "height": 140, "width": 140, "data_bar_rows": 0, "bit_depth": 8}
    write_json(folder / "prepare" / "prepare.json", {**read_index(folder), "scans": [scan], "train": [], "test": ["a"]})
    labels = found(read_raw(tmp_path / "scans" / "a.tif").values / np.float32(255))
    write_labels(folder / "evaluate" / "predictions" / "seed_3" / "watershed" / "a.tif", labels, 2.0)
    scores = {
        "note": "Not annotated.", "annotated": False, "headline": {"method": "synthetic", "decoding": "watershed"},
        "train_scans": [], "scans": [{"name": "a", "annotated": False}], "summary": [], "rows": [],
    }  # fmt: skip
    write_json(folder / "evaluate" / "scores.json", scores)
    return folder


@pytest.mark.usefixtures("few_twins")
def test_stage_command_and_python_give_the_same_numbers(run: Path, tmp_path: Path) -> None:
    project, place = load_project(run / "config.yaml"), run / "quantify" / "predictions"
    run_quantify(project, run, SilentReporter())
    looked = list(TrainedSegmenter.seen)  # type: ignore[attr-defined]
    assert looked == [3, 3]  # two twins; the scan's own particles were there
    assert "twin/twin.json" in sealed_names(place)
    done = in_this_process(
        "quantify", "scans", "--model", "run", "--twin", "--no-figures", "--out", "command", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    made = dg.Segmenter.load(run).quantify(tmp_path / "scans", tmp_path / "python", twins=True, figures=False)
    assert made.twins["nm"].why_not == "" and made.twins["nm"].twins == 2
    for out in (place, tmp_path / "command"):
        assert json.loads((out / "summary.json").read_text())["twins"]["nm"] == json.loads(
            json.dumps(made.twins["nm"].to_json())
        )
        for name in ("twin.csv", "twin-bins.csv", "twin-fates.csv"):
            assert (out / "twin" / name).read_bytes() == (made.out / "twin" / name).read_bytes()
    TrainedSegmenter.seen.clear()  # type: ignore[attr-defined]
    run_quantify(project, run, SilentReporter())
    assert not TrainedSegmenter.seen  # type: ignore[attr-defined]
    measured = read_measured(project, run, read_scores(run))
    section = twin_section(measured)
    assert section is not None and "<svg" in section["groups"][0]["figure"]
    (number, *_) = section["groups"][0]["table"].rows
    assert number[1] == f"{made.twins['nm'].figures[0].found:,.0f}"
    without = project.model_copy(update={"evaluation": project.evaluation.model_copy(update={"twins": False})})
    run_quantify(without, run, SilentReporter())
    assert not (place / "twin" / "twin.csv").exists()
    assert twin_section(read_measured(without, run, read_scores(run))) is None
