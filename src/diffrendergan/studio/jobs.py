"""Jobs: commands of the command line in processes of their own, which outlive the page and the studio itself.

All that is known of a job lies in its folder: `job.json` (the command), `log.txt`, `progress.json`, and at its end
`end.json`. Whether it lives is told by the lock that its process holds.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.console import PROGRESS_VARIABLE
from diffrendergan.runs.lock import is_locked
from diffrendergan.runs.progress import Progress, read_progress
from diffrendergan.studio.job_process import END, JOB, LOG, PROGRESS

Status = Literal["running", "finished", "stopped", "failed", "killed"]
STARTS_IN_S = 20.0
"""A process that has not taken its lock after this time never will [s]; it takes less than one on a free machine."""
INTERRUPTED = (130, 143, -signal.SIGTERM, -signal.SIGINT)
"""Exit statuses of a command that was told to stop."""
MOST_LINES = 400
"""Lines of a log that are shown."""


@dataclass(frozen=True)
class Job:
    """A job, as its folder tells of it."""

    folder: Path

    @property
    def name(self) -> str:
        """Its number and command."""
        return self.folder.name

    @property
    def record(self) -> dict[str, Any]:
        """Return what it was started with."""
        return dict(read_json(self.folder / JOB))

    @property
    def kind(self) -> str:
        """What it is for."""
        return str(self.record["kind"])

    @property
    def about(self) -> str:
        """What tells it from others of its kind."""
        return str(self.record.get("about", ""))

    @property
    def arguments(self) -> list[str]:
        """What `diffrendergan` was given."""
        return [str(part) for part in self.record["arguments"]]

    @property
    def command(self) -> str:
        """The command that does the same in a terminal."""
        return shlex.join(["diffrendergan", *self.arguments])

    def status(self) -> Status:
        """Return how it stands."""
        if (ended := self._ended()) is not None:
            return "finished" if ended == 0 else "stopped" if ended in INTERRUPTED else "failed"
        if self._lives():
            return "running"
        # It may have ended between the two looks.
        if self._ended() is not None:
            return self.status()
        return "stopped" if (self.folder / "stop.json").is_file() else "killed"

    def progress(self) -> list[Progress]:
        """Return how far its loops are, the outermost first; nothing where none is going on."""
        return read_progress(self.folder / PROGRESS)

    def log(self) -> list[str]:
        """Return the last lines that it wrote."""
        try:
            text = (self.folder / LOG).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.splitlines()[-MOST_LINES:]

    def said(self) -> str:
        """Return why it failed, in the words of the command; empty if it did not."""
        lines = [line for line in self.log() if line.startswith("diffrendergan: ")]
        return lines[-1].removeprefix("diffrendergan: ") if lines else ""

    def stop(self) -> None:
        """Tell it to stop; what it has finished stays, and the same command goes on from there."""
        if self.status() != "running":
            return
        write_json(self.folder / "stop.json", {"time": time.time()})
        with suppress(RunFolderError, KeyError, ProcessLookupError, PermissionError):
            os.kill(int(read_json(self.folder / "process.json")["pid"]), signal.SIGTERM)

    def _ended(self) -> int | None:
        try:
            return int(read_json(self.folder / END)["status"])
        except (RunFolderError, KeyError, ValueError):
            return None

    def _lives(self) -> bool:
        if not (self.folder / "process.json").is_file():
            return time.time() - float(self.record["time"]) < STARTS_IN_S
        return is_locked(self.folder) is True


def start(jobs: Path, kind: str, arguments: Sequence[str], about: str = "") -> Job:
    """Start a command as a job.

    Parameters
    ----------
    jobs : Path
        The folder of all jobs.
    kind : str
        What it is for; a job of a kind that is running is returned instead of a second one.
    arguments : sequence of str
        What `diffrendergan` is given.
    about : str
        What tells this job from others of its kind; kept in its record.

    Raises
    ------
    RunFolderError
        If its folder cannot be written.
    """
    known = latest(jobs, kind)
    if known is not None and known.status() == "running":
        return known
    number = 1 + max((int(job.name.partition("-")[0]) for job in all_jobs(jobs)), default=0)
    folder = jobs / f"{number:04d}-{kind}"
    record = {"kind": kind, "arguments": list(arguments), "about": about, "time": time.time()}
    write_json(folder / JOB, record)
    environment = {**os.environ, PROGRESS_VARIABLE: str(folder / PROGRESS), "PYTHONUNBUFFERED": "1"}
    with (folder / LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "diffrendergan.studio.job_process", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    # A child that ended stays in the list of processes until someone asks for it.
    _reap(child)
    return Job(folder)


def all_jobs(jobs: Path) -> list[Job]:
    """Return all jobs, the oldest first."""
    if not jobs.is_dir():
        return []
    return [Job(folder) for folder in sorted(jobs.iterdir()) if (folder / JOB).is_file()]


def latest(jobs: Path, kind: str) -> Job | None:
    """Return the last job of a kind; None if there was none."""
    return next((job for job in reversed(all_jobs(jobs)) if job.kind == kind), None)


def running(jobs: Path) -> list[Job]:
    """Return the jobs that are going on."""
    return [job for job in all_jobs(jobs) if job.status() == "running"]


def _reap(child: subprocess.Popen[bytes]) -> None:
    from threading import Thread

    Thread(target=child.wait, daemon=True).start()
