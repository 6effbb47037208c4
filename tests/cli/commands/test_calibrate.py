"""`calibrate` from the command line, on virtual micrographs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.config.load import load_project
from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.runs.lock import locked
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

PROJECT = {
    "preset": "demo",
    "look": "paper",
    "data": {
        "images": "data/images",
        "patch_size": 64,
        "stride": 32,
        "patches": 4,
        "min_full_particles": 1,
        "search": "thresholds",
    },
    "particles": {"count": 8, "faces": 200},
    "arrangement": {"unit": 0.5, "limit": 1.2, "agglomerates": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibrate")
    write_demo_data(folder / "data", 3, MicroscopeSettings(width=320, height=232, data_bar=40), 0, SilentReporter())
    (folder / "project.yaml").write_text("# mine\n" + dump_yaml(PROJECT))
    return folder


def invoke(*arguments: str):
    return CliRunner().invoke(app, ["calibrate", *arguments])


def test_a_calibrated_copy_its_numbers_and_its_picture(folder: Path) -> None:
    arguments = [str(folder / "project.yaml"), "--arrangements", "60", "--patches", "6", "-q"]
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    made = folder / "project-calibrated.yaml"
    for words in ("median diameter", "covered fraction", f"wrote {made}"):
        assert words in result.stdout
    given, found = load_project(folder / "project.yaml"), load_project(made)
    assert "# mine" in made.read_text() and found.data == given.data and found.rendering == given.rendering
    facts = json.loads((folder / "project-calibrated-fit.json").read_text())
    assert facts["after"]["total"] <= facts["before"]["total"]
    assert (facts["changed"] != {}) == facts["improved"] == (found.arrangement != given.arrangement)
    with Image.open(folder / "project-calibrated-fit.png") as picture:
        assert picture.size[0] > 1000
    first = made.read_text()
    again = invoke(*arguments)
    assert again.exit_code == 1 and "exists already" in again.stderr and "--force" in again.stderr
    assert invoke(*arguments, "--force").exit_code == 0
    assert made.read_text() == first


def test_patches_that_are_being_cut_are_waited_for(folder: Path) -> None:
    with locked(load_project(folder / "project.yaml").run, "wait"):
        result = invoke(str(folder / "project.yaml"), "-o", str(folder / "other.yaml"), "-q")
    assert result.exit_code == 1 and "whose patches are not finished; wait" in " ".join(result.stderr.split())


def test_in_place(folder: Path, tmp_path: Path) -> None:
    project = tmp_path / "project.yaml"
    values = PROJECT | {"data": PROJECT["data"] | {"images": str(folder / "data" / "images")}}
    project.write_text("# mine\n" + dump_yaml(values))
    both = invoke(str(project), "--in-place", "-o", "other.yaml")
    assert both.exit_code == 1 and "not both" in both.stderr
    result = invoke(str(project), "--in-place", "--arrangements", "60", "--patches", "6", "-q")
    assert result.exit_code == 0, result.output
    assert "# mine" in project.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project-fit.json", "project-fit.png", "project.yaml"]


def test_a_missing_project_is_one_sentence(tmp_path: Path) -> None:
    result = invoke(str(tmp_path / "none.yaml"))
    assert result.exit_code == 1 and "none.yaml does not exist" in result.stderr
