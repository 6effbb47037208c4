"""The order of `measure`, and how it goes on; the steps themselves are tried in `tests/e2e`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diffrendergan.config.load import load_project
from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.pipeline.measure import run as measuring
from diffrendergan.pipeline.measure.run import INITIAL, measure_folder
from diffrendergan.pipeline.measure.settings import QUICK, WHOLE
from diffrendergan.runs.reporter import SilentReporter


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(folder / "a.png")
    return folder


class Stopped(Exception):  # noqa: N818
    pass


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the steps up to the run, and note which of them were done."""
    done: list[str] = []

    class Found:
        estimate = None

    def inspect(folder: Path, reporter: object, pixel_size_nm: float | None) -> Found:
        done.append("init" if pixel_size_nm is None else f"init {pixel_size_nm}")
        return Found()

    def config(found: Found, images: Path, target: Path) -> str:
        values = {"preset": "tio2-sem", "run": "initial-run", "data": {"images": str(images)}}
        return "# measured\n" + dump_yaml(values)

    def calibrate(
        source: Path, target: Path, arrangements: int | None, patches: int | None, reporter: object
    ) -> dict[str, Any]:
        done.append(f"calibrate {arrangements}")
        shutil.copy(source, target)
        return {}

    def stop(project: object, reporter: object) -> None:
        done.append("run")
        raise Stopped

    for name, stand_in in {
        "first_look": inspect, "initial_config": config, "calibrate_file": calibrate, "run_project": stop,
    }.items():  # fmt: skip
        monkeypatch.setattr(measuring, name, stand_in)
    return done


def measure(scans: Path, out: Path, quick: bool = False) -> None:
    with pytest.raises(Stopped):
        measure_folder(scans, out, SilentReporter(), quick)


def test_what_is_done_is_not_done_again(scans: Path, tmp_path: Path, steps: list[str]) -> None:
    out = tmp_path / "out"
    measure(scans, out)
    assert steps == ["init", "calibrate None", "run"]
    measure(scans, out)
    assert steps[3:] == ["run"]
    (out / "project.yaml").unlink()  # as if killed in `calibrate`
    measure(scans, out)
    assert steps[4:] == ["calibrate None", "run"]
    project = load_project(out / "project.yaml")
    assert project.run == out / WHOLE.place("run") and project.data.images == scans
    assert "# measured" in (out / "project.yaml").read_text()
    assert sorted(path.name for path in out.iterdir()) == [".lock", INITIAL, "project.yaml"]


def test_a_quick_run_stands_beside_a_whole_one(scans: Path, tmp_path: Path, steps: list[str]) -> None:
    out = tmp_path / "out"
    measure(scans, out)
    measure(scans, out, quick=True)
    assert steps[3:] == [f"calibrate {QUICK.arrangements}", "run"]
    project = load_project(out / "quick.yaml")
    assert project.run == out / "quick-run" and not project.generator.trains
    assert (project.segmentation.start, project.segmentation.steps) == ("generalist", 60)
    assert project.fit.steps < load_project(out / "project.yaml").fit.steps
    assert QUICK.cut in (out / "quick.yaml").read_text()


def test_results_of_others_are_left_alone(scans: Path, tmp_path: Path, steps: list[str]) -> None:
    with pytest.raises(ConfigError, match="holds the scans themselves"):
        measure_folder(scans, scans, SilentReporter())
    full = tmp_path / "full"
    full.mkdir()
    (full / "project.yaml").write_text("mine")
    with pytest.raises(RunFolderError, match="no results of `measure`"):
        measure_folder(scans, full, SilentReporter())
    measure(scans, tmp_path / "out")
    others = Path(shutil.copytree(scans, tmp_path / "others"))
    with pytest.raises(RunFolderError, match=f"holds results of {scans} and not of {others}"):
        measure_folder(others, tmp_path / "out", SilentReporter())
    assert steps.count("init") == 1
    with pytest.raises(RunFolderError, match=r"another pixel size \(that of the files, not 2.5 nm\)"):
        measure_folder(scans, tmp_path / "out", SilentReporter(), pixel_size_nm=2.5)
    with pytest.raises(Stopped):
        measure_folder(scans, tmp_path / "sized", SilentReporter(), pixel_size_nm=2.5)
    assert steps.count("init 2.5") == 1
