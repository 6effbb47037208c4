from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError, RunFolderError, TrainingDivergedError
from diffrendergan.pipeline import timing
from diffrendergan.pipeline.runner import Asked, plan_project, run_project
from diffrendergan.pipeline.stage import Stage
from diffrendergan.runs.reporter import SilentReporter

Make = Callable[..., Project]
ALL = ["prepare", "train from 0", "synthesize", "evaluate False", "report"]


def run(project: Project, fakes: Any, **asked: Any) -> list[str]:
    """Run the fake stages and return their calls."""
    fakes.take_calls()
    run_project(project, SilentReporter(), Asked(**asked), fakes.table())
    calls: list[str] = fakes.take_calls()
    return calls


def snapshot(folder: Path) -> dict[str, str]:
    """Return the text of all results (not of records, which hold times)."""
    names = ("result.txt", "history.jsonl")
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.name in names}


def test_all_stages_run_once(make_project: Make, fakes: Any) -> None:
    assert run(make_project(), fakes) == ALL
    assert run(make_project(), fakes) == []


def test_a_stage_that_is_none_is_refused_with_those_there_are(make_project: Make, fakes: Any) -> None:
    with pytest.raises(ConfigError, match=r"no stage 'evalute'; it takes one of prepare, .*did you mean evaluate"):
        run(make_project(), fakes, target="evalute")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("rendering={renderer: transport, particle: {anisotropic: 0.5}}", "anisotropic is not 0"),
        ("rendering.groups=[{name: gold, meshes: [99], material: {}}]", "names the mesh 99"),
    ],
)
def test_a_scene_that_cannot_be_drawn_is_refused_before_any_work(
    make_project: Make, fakes: Any, override: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        run(make_project(override), fakes)
    assert fakes.calls == []


def test_a_target_runs_what_it_needs_and_no_more(make_project: Make, fakes: Any) -> None:
    assert run(make_project(), fakes, target="synthesize") == ALL[:3]
    assert run(make_project(), fakes, target="train") == []
    assert run(make_project(), fakes) == ALL[3:]


@pytest.mark.parametrize(
    ("override", "calls"),
    [
        ("seed=1", ALL),
        ("data.patches=5", ALL),
        ("training.batch_size=2", ALL[1:]),
        ("training.epochs=3", ALL[1:]),
        ("training.epochs=6", ["train from 4", *ALL[2:]]),
        ("training.sample_grid=4", []),
        ("synthesis.images=5", ALL[2:]),
        ("synthesis.formats=[coco]", ["synthesize"]),
        ("evaluation.decoding=watershed", ALL[3:]),
        ("name=other", ["report"]),
        ("rendering.variant=llvm", []),
    ],
)
def test_a_change_redoes_what_depends_on_it(override: str, calls: list[str], make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    assert run(make_project(override), fakes) == calls
    assert run(make_project(override), fakes) == []


def test_the_reason_is_said_in_a_line(make_project: Make, fakes: Any, notes: Any) -> None:
    run(make_project(), fakes)
    run_project(make_project("training.batch_size=2"), notes, stages=fakes.table())
    assert notes.lines[0] == "prepare: finished before"
    assert notes.lines[1] == "train: starts anew: `training.batch_size` changed from 1 to 2"
    assert notes.lines[3] == "synthesize: starts anew: `train` was done again"


def test_the_marker_that_a_kill_left_beside_the_last_record_goes(make_project: Make, fakes: Any) -> None:
    project = make_project()
    run(project, fakes)
    marker = project.run / "train" / "started.json"
    marker.write_text("{}")
    assert run(project, fakes) == [] and not marker.exists()


@pytest.mark.parametrize(("folder", "calls"), [("images", ALL), ("masks", ALL[3:])])
def test_changed_files_redo_what_reads_them(folder: str, calls: list[str], make_project: Make, fakes: Any) -> None:
    project = make_project()
    file = project.run.parent / folder / "1.tif"
    run(project, fakes)
    file.touch()
    assert run(project, fakes) == []
    file.write_bytes(b"other")
    assert run(project, fakes) == calls
    file.unlink()
    assert run(project, fakes) == calls
    (file.parent / ".hidden").write_text("x")
    assert run(project, fakes) == []


def test_a_moved_project_is_the_same(make_project: Make, fakes: Any, tmp_path: Path) -> None:
    from diffrendergan.config.load import load_project

    run(make_project(), fakes)
    for name in ("images", "masks", "run", "project.yaml"):
        (tmp_path / "moved").mkdir(exist_ok=True)
        shutil.move(tmp_path / name, tmp_path / "moved" / name)
    assert run(load_project(tmp_path / "moved" / "project.yaml"), fakes) == []


def test_an_interrupted_stage_continues(make_project: Make, fakes: Any) -> None:
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project(), fakes)
    assert run(make_project(), fakes) == ["train from 2", *ALL[2:]]


def test_an_interrupted_stage_of_another_configuration_starts_anew(make_project: Make, fakes: Any) -> None:
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project(), fakes)
    assert run(make_project("training.batch_size=3"), fakes)[0] == "train from 0"


def test_an_interrupted_training_may_be_asked_for_fewer_epochs_than_planned(make_project: Make, fakes: Any) -> None:
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project(), fakes)
    assert run(make_project("training.epochs=2"), fakes)[0] == "train from 2"
    assert run(make_project("training.epochs=1"), fakes)[0] == "train from 0"


def test_the_old_configuration_gets_its_results_back_while_the_new_ones_are_not_finished(
    make_project: Make, fakes: Any
) -> None:
    run(make_project(), fakes)
    before = snapshot(make_project().run)
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project("training.batch_size=2"), fakes)
    assert run(make_project(), fakes) == []
    assert snapshot(make_project().run) == before


def test_wrong_input_leaves_finished_results_as_they_were(make_project: Make, fakes: Any) -> None:
    project = make_project()
    run(project, fakes)
    before = snapshot(project.run)
    bad = project.data.images / "bad.tif"
    bad.write_bytes(b"")
    fakes.fail["prepare"] = DataError("bad.tif is empty; remove it.")
    with pytest.raises(DataError, match=r"bad\.tif"):
        run(project, fakes)
    assert snapshot(project.run) == before
    bad.unlink()
    assert run(project, fakes) == []


def test_a_diverged_training_keeps_its_checkpoints(make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    fakes.fail["train"] = TrainingDivergedError("a loss became NaN; the last good checkpoint is x.")
    with pytest.raises(TrainingDivergedError):
        run(make_project("training.batch_size=2"), fakes)
    assert (make_project().run / "train" / "history.jsonl").read_text() == "0 2\n1 2\n"


def test_a_full_disk_is_a_sentence_and_the_run_continues(make_project: Make, fakes: Any) -> None:
    for error in (
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        RuntimeError("writing tensors: No space left on device (os error 28)"),
    ):
        fakes.fail["train"] = error
        with pytest.raises(RunFolderError, match=r"disk that holds .*train is full"):
            run(make_project(), fakes)
        assert run(make_project(), fakes)[0] == "train from 2"
        shutil.rmtree(make_project().run)


def test_other_errors_pass_unchanged(make_project: Make, fakes: Any) -> None:
    fakes.fail["synthesize"] = ValueError("a bug")
    with pytest.raises(ValueError, match="a bug"):
        run(make_project(), fakes)
    assert run(make_project(), fakes) == ALL[2:]


def test_results_that_were_removed_are_made_again_and_all_that_follows(make_project: Make, fakes: Any) -> None:
    project = make_project()
    run(project, fakes)
    shutil.rmtree(project.run / "train")
    assert run(project, fakes) == ALL[1:]


def test_a_missing_output_is_written_again(make_project: Make, fakes: Any, notes: Any) -> None:
    *others, report = fakes.table()

    def write(project: Project, folder: Path, reporter: Any) -> None:
        (folder / "report.html").write_text("report")

    stages = (*others, dataclasses.replace(report, function=write, outputs=("report.html",)))
    run_project(make_project(), SilentReporter(), stages=stages)
    (make_project().run / "report.html").unlink()
    run_project(make_project(), notes, stages=stages)
    assert notes.lines[4] == "report: continues: report.html is missing"
    assert (make_project().run / "report.html").exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_broken_record_redoes_the_stage(damage: str, make_project: Make, fakes: Any) -> None:
    project = make_project()
    run(project, fakes)
    (project.run / "synthesize" / "done.json").write_text(damage)
    assert run(project, fakes) == ALL[2:]


def test_results_that_changed_since_are_not_used(make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    path = make_project().run / "synthesize" / "result.txt"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(RunFolderError, match=r"result\.txt is changed since .*`diffrendergan synthesize PROJECT"):
        run(make_project(), fakes, target="evaluate", redo=True)
    assert fakes.take_calls() == []
    path.unlink()
    with pytest.raises(RunFolderError, match=r"result\.txt is missing"):  # though nothing was to be done
        run(make_project(), fakes)
    assert run(make_project(), fakes, target="synthesize", redo=True) == ["synthesize"]
    assert run(make_project(), fakes) == ALL[3:]


def test_redo_repeats_a_finished_stage_and_what_follows(make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    assert run(make_project(), fakes, target="train", redo=True) == ["train from 0"]
    assert run(make_project(), fakes) == ALL[2:]


def test_an_interrupted_redo_continues_with_the_same_command(make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project(), fakes, target="train", redo=True)
    assert run(make_project(), fakes, target="train", redo=True) == ["train from 2"]
    assert run(make_project(), fakes, target="train", redo=True) == ["train from 0"]


def test_an_evaluation_with_more_in_it_serves_as_well(make_project: Make, fakes: Any) -> None:
    run(make_project(), fakes)
    assert run(make_project(), fakes, flags={"with_real": True}) == ["evaluate True", "report"]
    assert run(make_project(), fakes) == []
    assert run(make_project(), fakes, flags={"with_real": True}) == []


def test_a_plan_says_what_a_run_does_and_writes_nothing(make_project: Make, fakes: Any) -> None:
    project = make_project()
    kinds = [decision.kind for decision in plan_project(project, stages=fakes.table())]
    assert kinds == ["new"] * 5
    assert not project.run.exists()
    run(project, fakes)
    before = sorted((path, path.stat().st_mtime_ns) for path in project.run.rglob("*"))
    kinds = [decision.kind for decision in plan_project(make_project("synthesis.images=2"), stages=fakes.table())]
    assert kinds == ["done", "done", "continue", "redo", "redo"]
    assert before == sorted((path, path.stat().st_mtime_ns) for path in project.run.rglob("*"))


def test_timings_add_up_over_sessions(make_project: Make, fakes: Any) -> None:
    fakes.fail["train"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(make_project(), fakes)
    run(make_project(), fakes)
    timings = json.loads((make_project().run / "timings.json").read_text())
    assert timings["train"]["sessions"] == 2
    assert timings["prepare"]["sessions"] == 1
    assert timings["prepare"]["peak_rss_mb"] > 5
    run(make_project("training.batch_size=2"), fakes)
    assert json.loads((make_project().run / "timings.json").read_text())["train"]["sessions"] == 1


def test_timings_that_cannot_be_written_end_no_stage(
    make_project: Make, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, value: Any) -> None:
        raise RunFolderError(f"the disk that holds {path} is full")

    monkeypatch.setattr(timing, "write_json", full)
    assert run(make_project(), fakes) == ALL


def test_a_stage_that_cannot_be_imported_costs_nothing(make_project: Make, fakes: Any) -> None:
    project = make_project()
    run(project, fakes)
    before = snapshot(project.run)
    prepare, *others = fakes.table()
    broken = Stage("prepare", "diffrendergan.nothing:run", fields=prepare.fields, inputs=prepare.inputs)
    with pytest.raises(ModuleNotFoundError):
        run_project(make_project("seed=3"), SilentReporter(), stages=(broken, *others))
    assert snapshot(project.run) == before


class Killed(BaseException):
    """Stands for a kill: nothing may catch it."""


def crash_at(monkeypatch: pytest.MonkeyPatch, countdown: list[int]) -> None:
    """Let the n-th change of the file system be the last."""

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            countdown[0] -= 1
            if countdown[0] < 0:
                raise Killed
            return function(*args, **kwargs)

        return call

    for owner, name in ((os, "replace"), (os, "unlink"), (os, "rename"), (os, "rmdir"), (os, "mkdir")):
        monkeypatch.setattr(owner, name, guarded(getattr(owner, name)))


@pytest.mark.parametrize(
    ("first", "override"),
    [(0, None), (1, "training.batch_size=2"), (2, "training.epochs=6"), (0, "data.patches=5")],
)
def test_a_kill_at_any_change_of_the_disk_leaves_a_folder_that_continues(
    first: int, override: str | None, make_project: Make, fakes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process is killed here, not the machine; and neither the sync nor the versions take part.
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.setattr("diffrendergan.pipeline.folder.describe_environment", dict)
    old = make_project()
    new = make_project(*([override] if override else []))
    if override:
        run(old, fakes)
        shutil.copytree(old.run, tmp_path / "kept")
    reference = snapshot(tmp_path / "kept") if override else {}
    run(new, fakes)
    expected = snapshot(new.run)
    assert expected != reference
    for moment in range(first, 1000, 3):
        shutil.rmtree(new.run)
        if override:
            shutil.copytree(tmp_path / "kept", new.run)
        with pytest.MonkeyPatch.context() as patch:
            crash_at(patch, [moment])
            try:
                run(new, fakes)
                break
            except Killed:
                pass
        run(new, fakes)
        assert snapshot(new.run) == expected, moment
        assert not (new.run / ".replaced").exists(), moment
        assert run(new, fakes) == []
    assert moment > 20
