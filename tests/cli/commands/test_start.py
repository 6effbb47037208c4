from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest
from typer.testing import CliRunner

from diffrendergan.cli.commands import start as start_commands
from diffrendergan.cli.main import app
from diffrendergan.config.load import load_project
from diffrendergan.inspection.folder import inspect_folder
from diffrendergan.pipeline import stages
from diffrendergan.pipeline.stage import Stage
from diffrendergan.simulator import settings, write
from diffrendergan.simulator.settings import MicroscopeSettings


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_init_warns_where_nothing_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for number in range(2):
        noise = rng.normal(120, 10, (280, 280)).clip(0, 255).astype(np.uint8)
        iio.imwrite(tmp_path / f"noise_{number}.png", noise)
    monkeypatch.setattr("diffrendergan.generalist.first_look.first_look", inspect_folder)
    result = invoke("init", tmp_path, "-o", tmp_path / "project.yaml")
    assert result.exit_code == 0, result.output
    assert "warning: no particles were found" in result.stderr
    assert (tmp_path / "project.yaml").exists()


@pytest.mark.parametrize(("option", "known"), [("--preset", "tio2-sem"), ("--look", "stem-dark")])
def test_init_refuses_unknown_names_before_it_looks(
    option: str, known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diffrendergan.generalist.first_look.first_look", lambda *given: pytest.fail("it looked"))
    result = invoke("init", tmp_path, "-o", tmp_path / "project.yaml", option, "nix")
    assert result.exit_code == 1 and known in result.stderr


@pytest.fixture
def quick_demo(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let the demo make small scans and run one stage that remembers its images."""
    seen: list[Path] = []

    def prepare(project: Any, folder: Path, reporter: Any) -> None:
        seen.extend(sorted(project.data.images.iterdir()))

    def fit(project: Any, folder: Path, reporter: Any) -> None:
        assert project.generator.draw == "fitted"

    monkeypatch.setattr(stages, "STAGES", (Stage("prepare", prepare, fields=("data.patches",)),))
    monkeypatch.setattr(stages, "FIT", Stage("fit", fit, fields=("fit.steps",)))
    monkeypatch.setattr(start_commands, "DEMO_SCANS", 2)
    small = MicroscopeSettings(width=160, height=150, data_bar=20, margin_px=8, bare_probability=0.0)
    monkeypatch.setattr(settings, "DEMO", small)
    return seen


def test_the_demo_makes_scans_and_a_project_that_can_be_run_again(quick_demo: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "my demo"
    result = invoke("demo", folder)
    assert result.exit_code == 0, result.output
    assert quick_demo == [folder / "data" / "images" / f"scan_{index:02d}.tif" for index in range(2)]
    project = load_project(folder / "project.yaml")
    assert (project.name, project.run) == ("demo", folder / "run")
    assert invoke("run", folder / "project.yaml").stderr == "prepare: finished before\nfit: finished before\n"


def test_the_demo_again_makes_nothing_anew(
    quick_demo: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("demo", tmp_path).exit_code == 0
    monkeypatch.setattr(write, "simulate_scan", None)
    assert invoke("demo", tmp_path, "--set", "data.patches=24").exit_code == 0
    assert len(quick_demo) == 2


def test_the_demo_refuses_a_folder_with_another_project(quick_demo: list[Path], tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("preset: tio2-sem\n")
    result = invoke("demo", tmp_path)
    assert result.exit_code == 1
    assert "is not the demo's" in result.stderr
    assert quick_demo == []


def test_fetch_of_an_unknown_dataset_names_those_there_are(tmp_path: Path) -> None:
    result = invoke("fetch", "tio2-sen", tmp_path)
    assert result.exit_code == 1
    assert "tio2-sem" in result.stderr


def test_fetch_from_a_folder_without_the_files_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = invoke("fetch", "tio2-sem", tmp_path / "out", "--from", tmp_path / "empty", "--quiet")
    assert result.exit_code == 1
    assert "complete the folder, or leave out --from" in result.stderr


def test_init_refuses_to_replace_a_file(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("mine")
    result = invoke("init", tmp_path, "-o", path)
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert path.read_text() == "mine"
