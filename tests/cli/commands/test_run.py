from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.verdicts import fine_evidence
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.config.load import load_project
from diffrendergan.errors import DataError
from diffrendergan.judging.evidence import Agreement
from diffrendergan.judging.verdict import judged, write_verdict
from diffrendergan.pipeline import stages
from diffrendergan.pipeline.stage import Stage
from diffrendergan.pipeline.stages import STAGES

CALLS: list[tuple[str, dict[str, Any]]] = []


def fake(stage: Stage) -> Stage:
    def run(project: object, folder: Path, reporter: Any, **flags: bool) -> None:
        CALLS.append((stage.name, flags))
        assert list(reporter.track(range(2), stage.name)) == [0, 1]
        (folder / stage.name / "result").write_text(stage.name)

    values = {name: getattr(stage, name) for name in stage.__dataclass_fields__}
    return Stage(**(values | {"function": run, "outputs": ()}))


@pytest.fixture(autouse=True)
def fake_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    table = tuple(fake(stage) for stage in STAGES)
    monkeypatch.setattr(stages, "STAGES", table)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.tif").write_bytes(b"a")
    path = tmp_path / "project.yaml"
    path.write_text("preset: tio2-sem\nlook: paper\nname: mine\n")
    return path


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_run_runs_everything_once(project: Path) -> None:
    result = invoke("run", project)
    assert result.exit_code == 0, result.output
    assert [name for name, _ in CALLS] == [stage.name for stage in STAGES]
    assert "train: starts" in result.stderr
    CALLS.clear()
    result = invoke("run", project)
    assert CALLS == []
    assert result.stderr.count("finished before") == len(STAGES)


def test_a_run_made_before_there_was_quantify_only_gets_that(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = stages.STAGES
    before = tuple(
        replace(stage, upstream=tuple(name for name in stage.upstream if name != "quantify"))
        for stage in now
        if stage.name != "quantify"
    )
    monkeypatch.setattr(stages, "STAGES", before)
    assert invoke("run", project).exit_code == 0
    monkeypatch.setattr(stages, "STAGES", now)
    CALLS.clear()
    result = invoke("run", project)
    assert [name for name, _ in CALLS] == ["quantify", "report"]
    assert "report: starts anew: `quantify` was done again" in result.stderr


def test_strict_ends_with_an_error_where_the_run_is_bad(project: Path) -> None:
    assert invoke("run", project, "--strict").exit_code == 0  # these stages leave no verdict
    write_verdict(project.parent / "run", judged(replace(fine_evidence(), learning=Agreement(0.1, 0.0)), "", None))
    assert invoke("run", project).exit_code == 0
    result = invoke("run", project, "--strict")
    assert result.exit_code == 1
    assert "is judged bad: the network does not find the particles of its own synthetic images" in result.stderr


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_each_stage_is_a_command(stage: str, project: Path) -> None:
    assert invoke(stage, project, "--quiet").exit_code == 0
    assert CALLS[-1][0] == stage


def test_evaluate_passes_its_option_on(project: Path) -> None:
    invoke("evaluate", project, "--with-real")
    assert CALLS[-1] == ("evaluate", {"with_real": True})


def test_redo_repeats_a_stage(project: Path) -> None:
    invoke("select", project)
    CALLS.clear()
    assert "select: starts anew: asked for" in invoke("select", project, "--redo").stderr
    assert CALLS == [("select", {})]


def test_a_dry_run_shows_the_configuration_and_writes_nothing(project: Path, tmp_path: Path) -> None:
    result = invoke("run", project, "--set", "training.epochs=7", "--dry-run")
    assert result.exit_code == 0
    assert "# prepare: would run\n# train: would run\n" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "project.yaml"]
    (tmp_path / "shown.yaml").write_text(result.stdout)
    assert load_project(tmp_path / "shown.yaml") == load_project(project, None, ["training.epochs=7"])
    invoke("train", project)
    result = invoke("run", project, "--set", "training.epochs=60", "--dry-run")
    assert "# prepare: is finished\n# train: would continue (`training.epochs` changed from 50 to 60)" in result.stdout


def test_quiet_says_nothing(project: Path) -> None:
    result = invoke("run", project, "-q")
    assert result.output == ""


def test_a_preset_does_without_a_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent)
    assert invoke("prepare", "--preset", "tio2-him").exit_code == 0
    assert load_project(project.parent / "run" / "config.yaml").name == "tio2-him"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a project file, or a preset"),
        (("nowhere.yaml",), "nowhere.yaml does not exist"),
        (("--preset", "tio2"), "did you mean"),
        (("PROJECT", "--set", "training.epoch=3"), "did you mean `epochs`?"),
        (("PROJECT", "--set", "data.images=/nowhere"), "/nowhere, which does not exist"),
        (("PROJECT", "--set", "run=/etc"), "neither empty nor a run folder"),
        (("PROJECT", "--dry-run", "--set", "run=/etc"), "neither empty nor a run folder"),
    ],
)
def test_what_the_user_got_wrong_is_a_sentence(arguments: tuple[str, ...], words: str, project: Path) -> None:
    result = invoke("run", *(str(project) if argument == "PROJECT" else argument for argument in arguments))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.startswith("diffrendergan: ")
    assert "Traceback" not in result.stderr
    assert CALLS == []


def failing(error: BaseException) -> Callable[..., None]:
    def run(*arguments: object, **options: object) -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (DataError("a.tif is empty; remove it."), 1, "diffrendergan: a.tif is empty; remove it."),
        (KeyboardInterrupt(), 130, "interrupted; the same command continues."),
        (KeyError("x"), 2, "something unexpected happened (KeyError: 'x'); finished work is kept; --debug"),
    ],
)
def test_a_failing_stage_ends_in_one_sentence(
    error: BaseException, status: int, words: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stage, "load", lambda stage: failing(error) if stage.name == "train" else stage.function)
    result = invoke("run", project)
    assert result.exit_code == status
    assert result.stderr.splitlines()[-1].startswith(words) or words in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in invoke("run", project, "--debug").stderr
    monkeypatch.undo()


def test_the_sentence_reaches_the_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "diffrendergan", "run", str(tmp_path / "no.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"diffrendergan: {tmp_path / 'no.yaml'} does not exist; ")
