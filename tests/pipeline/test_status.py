from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.pipeline.runner import run_project
from diffrendergan.pipeline.status import status_of
from diffrendergan.pipeline.status_words import told
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.lock import locked
from diffrendergan.runs.observation import PROGRESS
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.run_log import LOG

Make = Callable[..., Project]


def failed(project: Project, fakes: Any) -> None:
    fakes.fail["synthesize"] = DataError("no scan is good")
    with pytest.raises(DataError):
        run_project(project, SilentReporter(), stages=fakes.table())


def test_how_a_run_failed_is_told(make_project: Make, fakes: Any) -> None:
    project = make_project()
    failed(project, fakes)
    found = status_of(project.run)
    assert (found.state, found.stage, found.error) == ("failed", "synthesize", "no scan is good")
    done = {stage.name: stage for stage in found.stages}
    assert done["train"].status == "finished" and done["train"].seconds is not None
    assert done["report"].status == "waiting"
    assert "failed: no scan is good" in told(found)[0] and "synthesize" in told(found)[1]
    shown = CliRunner().invoke(app, ["status", str(project.run), "--json"])
    assert '"state": "failed"' in shown.output


def test_a_killed_run_is_told_from_one_that_goes_on(make_project: Make, fakes: Any) -> None:
    project = make_project()
    failed(project, fakes)
    log = project.run / LOG
    log.write_text("\n".join(log.read_text().splitlines()[:-1]) + "\n")
    assert status_of(project.run).state == "killed"
    now, tracks = time.time(), [{"description": "Tracing", "done": 3, "total": 9, "left_s": 60.0}]
    live = {"tracks": tracks, "moved": now - 30, "alive": now, "patience_s": 300.0, "rss_mb": 500.0}
    write_json(project.run / PROGRESS, live)
    with locked(project.run, "wait"):
        going = status_of(project.run, now)
        late = status_of(project.run, now + 40)
        write_json(project.run / PROGRESS, {**live, "moved": now - 400, "where": "in fitting.scene.draw, line 7"})
        stalled = status_of(project.run, now)
        silent = status_of(project.run, now + 100)
    assert (going.state, going.left_s, going.idle_s) == ("running", 60.0, 30.0) and late.state == "running"
    assert "Tracing 3/9 · about 1 min left of it" in told(going)[1]
    assert stalled.state == "stalled" and "fitting.scene.draw" in told(stalled)[1]
    assert silent.silent and "no sign of life" in told(silent)[1]


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no run folder"):
        status_of(tmp_path)
