"""`verify`: each stored file of a run, flipped, cut short and removed, is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diffrendergan.config.project import Project
from diffrendergan.errors import RunFolderError
from diffrendergan.pipeline.runner import Asked, run_project
from diffrendergan.pipeline.verifying import verify_folder
from diffrendergan.runs.lock import LOCK
from diffrendergan.runs.observation import PROGRESS
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.run_log import LOG
from diffrendergan.runs.seal import SEAL

REPORTER = SilentReporter()


@pytest.fixture
def finished(make_project: Callable[..., Project], fakes: Any) -> Path:
    project = make_project()
    run_project(project, REPORTER, Asked(), fakes.table())
    return project.run


def test_a_whole_run_is_a_line_a_stage(finished: Path) -> None:
    lines = verify_folder(finished, REPORTER)
    assert [line.split(":")[0] for line in lines] == [
        finished.name,
        "evaluate",
        "prepare",
        "report",
        "synthesize",
        "train",
    ]
    assert all(line.endswith("all as they were") for line in lines)
    assert verify_folder(finished.parent, REPORTER)[2].startswith(f"{finished.name}/prepare: ")


def test_each_damaged_file_is_named(finished: Path) -> None:
    stored = [path for path in finished.rglob("*") if path.is_file() and path.name not in (SEAL, LOCK, LOG, PROGRESS)]
    assert len(stored) >= 5
    assert {finished / "config.yaml", finished / "train" / "done.json"} <= set(stored)
    for path in stored:
        content = path.read_bytes()
        for damaged in (content[:-1], content[:-1] + bytes([content[-1] ^ 128]), None):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            with pytest.raises(RunFolderError, match=f"(?s){path.name} is .*copy this file from a backup"):
                verify_folder(finished, REPORTER)
        path.write_bytes(content)
    verify_folder(finished, REPORTER)


def test_where_nothing_is_sealed(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="holds no finished stage with checksums"):
        verify_folder(tmp_path, REPORTER)
