from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.pipeline.folder import check_folder, open_folder
from diffrendergan.pipeline.inputs import check_inputs
from diffrendergan.pipeline.runner import Asked, run_project
from diffrendergan.runs.reporter import SilentReporter

Make = Callable[..., Project]


def test_the_folder_says_what_made_it(make_project: Make) -> None:
    project = make_project()
    with open_folder(project) as folder:
        assert load_project(folder / "config.yaml") == project
        assert "python" in (folder / "environment.json").read_text()


def test_a_folder_with_other_things_is_refused_and_left_alone(make_project: Make, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("words")
    with (
        pytest.raises(RunFolderError, match="neither empty nor a run folder"),
        open_folder(make_project(f"run={tmp_path / 'thesis'}"), force=True),
    ):
        pass
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


def test_a_file_is_refused(make_project: Make, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is a file"), open_folder(make_project(f"run={tmp_path}/project.yaml")):
        pass


def other_project(tmp_path: Path, make_project: Make) -> Project:
    make_project()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.tif").write_bytes(b"a")
    path = tmp_path / "other.yaml"
    path.write_text("name: other\ndata: {images: other}\n")
    return load_project(path)


def test_the_run_of_another_project_needs_force(make_project: Make, fakes: Any, tmp_path: Path) -> None:
    run_project(make_project(), SilentReporter(), stages=fakes.table())
    other = other_project(tmp_path, make_project_again(tmp_path))
    before = (other.run / "config.yaml").read_text()
    with pytest.raises(RunFolderError, match=r"another project \(test, scans in .*images\).*--force"):
        run_project(other, SilentReporter(), stages=fakes.table())
    assert (other.run / "config.yaml").read_text() == before
    fakes.take_calls()
    run_project(other, SilentReporter(), Asked(force=True), fakes.table())
    assert fakes.take_calls()[0] == "prepare"
    assert parse_yaml((other.run / "config.yaml").read_text(), "the run")["name"] == "other"


def test_a_run_of_the_version_with_three_devices_goes_on(make_project: Make, fakes: Any) -> None:
    project = make_project()
    run_project(project, SilentReporter(), stages=fakes.table())
    fakes.take_calls()
    path = project.run / "config.yaml"
    values = parse_yaml(path.read_text(), "the run")
    del values["compute"]
    values["training"]["device"] = "cpu"
    values["segmentation"]["device"] = values["segmentation"]["nnunet"]["device"] = "auto"
    # Renamed: only by its work is it known to be the same project.
    path.write_text(dump_yaml(values | {"name": "before"}))
    run_project(project, SilentReporter(), stages=fakes.table())
    assert fakes.take_calls() == []


def make_project_again(tmp_path: Path) -> Make:
    return lambda: load_project(tmp_path / "project.yaml")


def test_more_scans_in_another_folder_are_the_same_project(make_project: Make, fakes: Any, tmp_path: Path) -> None:
    run_project(make_project(), SilentReporter(), stages=fakes.table())
    (tmp_path / "images").rename(tmp_path / "scans")
    (tmp_path / "scans" / "4.tif").write_bytes(b"more")
    fakes.take_calls()
    run_project(make_project(f"data.images={tmp_path}/scans"), SilentReporter(), stages=fakes.table())
    assert fakes.take_calls()[0] == "prepare"


def test_a_broken_configuration_in_the_folder_is_replaced(make_project: Make) -> None:
    project = make_project()
    with open_folder(project) as folder:
        pass
    (folder / "config.yaml").write_text("[")
    with open_folder(project):
        assert load_project(folder / "config.yaml") == project


HOLDER = """
import sys
from pathlib import Path
from diffrendergan.config.load import load_project
from diffrendergan.pipeline.folder import open_folder
with open_folder(load_project(Path(sys.argv[1]))):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_work_in_one_folder(make_project: Make, tmp_path: Path) -> None:
    project = make_project()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "project.yaml")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(RunFolderError, match=f"in use .*process {holder.pid}"), open_folder(project):
            pass
        holder.kill()
    with open_folder(project):
        pass


@pytest.mark.parametrize(
    ("override", "error", "words"),
    [
        ("data.images=/nowhere", DataError, r"`data\.images` is /nowhere, which does not exist"),
        ("data.masks=/nowhere", DataError, r"`data\.masks` is /nowhere, which does not exist"),
        ("data.images=/etc/passwd", DataError, "which is a file, not a folder"),
        ("data.overrides=/nowhere", ConfigError, r"`data\.overrides` is /nowhere, which is no file"),
        ("fid.inception_weights=/nowhere", ConfigError, r"`fid\.inception_weights` is /nowhere, which is no file"),
    ],
)
def test_missing_inputs_are_found_before_any_work(
    override: str, error: type[Exception], words: str, make_project: Make
) -> None:
    with pytest.raises(error, match=words):
        check_inputs(make_project(override))


def test_an_empty_folder_of_scans_is_refused(make_project: Make, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="which holds no image"):
        check_inputs(make_project(f"data.images={tmp_path / 'empty'}"))


def test_inputs_in_the_run_folder_are_refused(make_project: Make, tmp_path: Path) -> None:
    (tmp_path / "run" / "prepare").mkdir(parents=True)
    (tmp_path / "run" / "prepare" / "selection.txt").write_text("")
    with pytest.raises(ConfigError, match=r"inside the run folder .*; copy it"):
        check_inputs(make_project(f"data.overrides={tmp_path}/run/prepare/selection.txt"))


def test_a_second_project_on_the_same_scans_is_refused(make_project: Make, fakes: Any) -> None:
    run_project(make_project(), SilentReporter(), stages=fakes.table())
    second = make_project("name=second", "training.batch_size=2")
    with pytest.raises(RunFolderError, match="another project"):
        check_folder(second)
    check_folder(second, force=True)
    check_folder(make_project("name=renamed"))


def test_a_folder_in_which_nothing_was_finished_bars_nobody(make_project: Make, tmp_path: Path) -> None:
    with open_folder(make_project()):
        pass
    other = tmp_path / "other"
    other.mkdir()
    (other / "9.tif").write_bytes(b"scan")
    check_folder(make_project(f"data.images={other}", "name=second"))
