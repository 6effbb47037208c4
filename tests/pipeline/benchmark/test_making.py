"""Two processes that need the same images."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.pipeline import stages
from diffrendergan.pipeline.benchmark import bench as bench_module
from diffrendergan.pipeline.benchmark import making
from diffrendergan.pipeline.benchmark.bench import Bench
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.settings import splits_of
from diffrendergan.pipeline.runner import Asked, run_project
from diffrendergan.runs.lock import locked
from diffrendergan.runs.reporter import SilentReporter

STAGE = "synthesize"


@pytest.fixture
def taken(make_project, fakes, monkeypatch):
    """A project whose run folder another process has; closing the stack is that process's end."""
    monkeypatch.setattr(stages, "STAGES", fakes.table())
    project = make_project()
    with ExitStack() as other:
        other.enter_context(locked(project.run, "wait"))
        yield project, other


def test_the_other_process_makes_the_images(taken, fakes, notes, monkeypatch):
    project, other = taken
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 2:
            other.close()
            run_project(project, SilentReporter(), Asked(STAGE))

    monkeypatch.setattr(making, "time", SimpleNamespace(sleep=sleep))  # not that of the lock
    making.make_in_turn(project, STAGE, notes)
    assert fakes.calls.count(STAGE) == 1
    assert len(naps) == 2
    assert notes.lines == [
        f"another diffrendergan is making {project.run}; waiting until it has finished",
        f"{project.run} is there; going on",
    ]


def test_the_other_process_died(taken, fakes, notes, monkeypatch):
    project, other = taken
    monkeypatch.setattr(making, "time", SimpleNamespace(sleep=lambda seconds: other.close()))
    making.make_in_turn(project, STAGE, notes)
    assert fakes.calls.count(STAGE) == 1


def test_elsewhere_a_lock_refuses(taken, notes):
    project, _ = taken
    with pytest.raises(RunFolderError, match="is in use by another diffrendergan"):
        making.make(project, STAGE, notes)


def test_what_waiting_does_not_mend_is_an_error(taken, notes, monkeypatch):
    project, other = taken
    other.close()
    (project.run / ".lock").unlink()
    (project.run / "letter.txt").touch()
    monkeypatch.setattr(making, "time", SimpleNamespace(sleep=lambda seconds: pytest.fail("it waited")))
    with pytest.raises(RunFolderError, match="neither empty nor a run folder"):
        making.make_in_turn(project, STAGE, notes)


def test_only_the_images_of_all_splits_are_waited_for(bench, monkeypatch):
    asked = []
    monkeypatch.setattr(bench_module, "make", lambda project, stage, reporter: asked.append(("make", project.run.name)))
    monkeypatch.setattr(
        bench_module, "make_in_turn", lambda project, stage, reporter: asked.append(("in turn", project.run.name))
    )
    one = Bench(bench, splits_of(bench)[0], SilentReporter())
    for source in choose_sources(["learned", "randomised"], []):
        one._made(source)
    assert asked == [("make", "run"), ("in turn", "randomised")]
