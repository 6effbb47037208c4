from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.progress import Progress
from diffrendergan.studio import jobs
from diffrendergan.studio.job_process import JOB, PROGRESS, perform
from diffrendergan.studio.jobs import Job


def ended(job: Job) -> Job:
    for _ in range(600):
        if job.status() != "running":
            return job
        time.sleep(0.05)
    raise AssertionError(job.log())


def test_a_job_is_a_command_and_its_page_may_go(tmp_path: Path) -> None:
    job = jobs.start(tmp_path / "jobs", "version", ["version"])
    assert job.name == "0001-version"
    assert ended(job).status() == "finished"
    again = Job(job.folder)  # as after a reload
    assert again.log()[-1].startswith("diffrendergan ")
    assert again.command == "diffrendergan version"
    assert jobs.latest(tmp_path / "jobs", "version") == again
    assert jobs.running(tmp_path / "jobs") == []


def test_what_a_command_says_is_kept(tmp_path: Path) -> None:
    write_json(tmp_path / "0001-run" / JOB, {"kind": "run", "arguments": ["run", "none.yaml"], "time": 0.0})
    job = Job(tmp_path / "0001-run")
    assert job.status() == "killed"  # it never took its lock
    assert perform_quietly(job) == 1
    assert job.status() == "failed"


def test_kill_is_noticed_and_the_next_job_starts(tmp_path: Path) -> None:
    """By the lock alone: the process has no chance to write anything."""
    scans = tmp_path / "scans"
    scans.mkdir()
    os.mkfifo(scans / "a.png")  # who reads it waits
    job = jobs.start(tmp_path / "jobs", "look", ["init", str(scans), "-o", str(tmp_path / "project.yaml")])
    assert jobs.start(tmp_path / "jobs", "look", ["version"]) == job  # one of a kind at a time
    for _ in range(600):
        if (job.folder / "process.json").is_file():
            break
        time.sleep(0.05)
    assert job.status() == "running"
    os.kill(int(read_json(job.folder / "process.json")["pid"]), signal.SIGKILL)
    assert ended(job).status() == "killed"
    assert ended(jobs.start(tmp_path / "jobs", "look", ["version"])).status() == "finished"


def test_progress_is_read_from_its_file(tmp_path: Path) -> None:
    job = Job(tmp_path)
    assert job.progress() == []
    track = {"description": "Training", "done": 3, "total": 10, "left_s": 7.0}
    write_json(tmp_path / PROGRESS, {"tracks": [track]})
    assert job.progress() == [Progress("Training", 3, 10, 7.0)]


def perform_quietly(job: Job) -> int:
    import contextlib
    import sys

    before = sys.argv
    with contextlib.redirect_stderr(None), contextlib.redirect_stdout(None):
        try:
            return perform(job.folder)
        finally:
            sys.argv = before
