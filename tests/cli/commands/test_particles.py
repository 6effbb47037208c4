from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.config.load import load_project
from diffrendergan.particles.library import load_library, make_library
from diffrendergan.runs.seal import broken, sealed_names


def run(*arguments: object, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["particles", *map(str, arguments)])
    assert result.exit_code == (1 if fails else 0), result.output
    return result.stderr if fails else result.stdout


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "library"
    run("make", "--shape", "crystal", "--count", 3, "--faces", 300, "--seed", 4, "-o", folder)
    return folder


@pytest.fixture
def made(library: Path, tmp_path: Path) -> Path:
    """A library, to be changed."""
    return shutil.copytree(library, tmp_path / "library")


def test_make_writes_a_library_with_its_picture(made: Path) -> None:
    manifest = json.loads((made / "library.json").read_text())
    assert len(manifest["meshes"]) == 3
    assert manifest["info"]["config"]["shape"]["family"] == "crystal"
    with Image.open(made / "library.png") as picture:
        assert min(picture.size) > 100


def test_made_libraries_can_be_used_as_the_command_says(tmp_path: Path) -> None:
    said = run("make", "--shape", "sphere", "--count", 2, "--faces", 200, "-o", tmp_path / "balls")
    line = said.strip().splitlines()[-1]
    (tmp_path / "project.yaml").write_text(line[line.index("particles:") :] + "\n")
    particles = load_project(tmp_path / "project.yaml").particles
    assert len(make_library(particles.model_copy(update={"count": 2}), 0)) == 2


def test_same_seed_same_library(made: Path, tmp_path: Path) -> None:
    run(
        "make",
        "--set",
        "particles.shape=crystal",
        "--set",
        "seed=4",
        "--count",
        3,
        "--faces",
        300,
        "-o",
        tmp_path / "b",
    )
    for one, other in zip(load_library(made), load_library(tmp_path / "b"), strict=True):
        np.testing.assert_array_equal(one.vertices, other.vertices)


def test_make_from_a_folder_says_what_was_repaired(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    trimesh.creation.icosphere(subdivisions=2).export(tmp_path / "files" / "a.stl")
    ball = trimesh.creation.icosphere(subdivisions=3)
    trimesh.Trimesh(ball.vertices, ball.faces[1:], process=False).export(tmp_path / "files" / "b.ply")
    said = run("make", "--from", tmp_path / "files", "-o", tmp_path / "library")
    assert "mesh 1: 1 hole filled" in said
    assert len(load_library(tmp_path / "library")) == 2
    assert json.loads((tmp_path / "library" / "library.json").read_text())["meshes"][1]["repairs"]


def test_foreign_folders_are_kept_unless_forced(made: Path, tmp_path: Path) -> None:
    run("make", "--shape", "sphere", "--count", 1, "--faces", 200, "-o", made)  # a library is replaced
    assert len(load_library(made)) == 1
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    arguments = ("make", "--shape", "sphere", "--count", 1, "--faces", 200, "-o", other)
    assert "holds something else" in run(*arguments, fails=True)
    run(*arguments, "--force")
    assert (other / "thesis.txt").read_text() == "mine" and (other / "library.json").exists()
    assert "is a file" in run("make", "-o", other / "thesis.txt", fails=True)


def test_show_lists_and_draws(made: Path, tmp_path: Path) -> None:
    trimesh.creation.box().export(tmp_path / "box.ply")
    said = run("show", made, tmp_path / "box.ply", "-o", tmp_path / "sheet.png")
    assert "watertight" in said and said.count("yes") == 4
    assert "1.241" in said  # the diameter of a sphere as large as a unit cube
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.mode == "L"


def test_show_takes_projects_and_folders_of_files(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("particles: {count: 2, faces: 200, shape: rod}\n")
    assert run("show", tmp_path, "-o", tmp_path / "sheet.png").count("yes") == 2
    (tmp_path / "files").mkdir()
    trimesh.creation.box().export(tmp_path / "files" / "box.obj")
    assert "wrote" in run("show", tmp_path / "files", "-o", tmp_path / "sheet.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "missing"], "missing does not exist"),
        (["show", "empty"], "holds no mesh library"),
        (["make", "--from", "empty", "-o", "x"], "holds no PLY"),
        (["make", "--from", "empty", "--shape", "rod", "-o", "x"], "exclude each other"),
        (["make", "--shape", "banana", "-o", "x"], "banana"),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    message = run(*arguments, fails=True)
    assert said in message and "Traceback" not in message


def test_a_library_that_was_begun_is_made_and_its_files_have_checksums(made: Path) -> None:
    command = ("make", "--shape", "crystal", "--count", 3, "--faces", 300, "--seed", 4, "-o", made)
    whole = (made / "library.json").read_bytes()
    for name in ("library.json", "particle_001.ply", "files.json"):
        (made / name).unlink()
    (made / ".partial-0123.ply").write_bytes(b"half")
    run(*command)
    assert (made / "library.json").read_bytes() == whole
    assert sorted(sealed_names(made))[:2] == ["library.json", "library.png"] and broken(made) == []
    assert len(load_library(made)) == 3
