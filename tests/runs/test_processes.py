from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from diffrendergan.runs import atomic, processes
from diffrendergan.runs.processes import end_group, ended_by, own_group

CHILD = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"])
time.sleep(600)
"""


@pytest.mark.skipif(not processes.POSIX, reason="signals")
@pytest.mark.parametrize(("now", "name"), [(False, "SIGTERM"), (True, "SIGKILL")])
def test_a_child_and_its_own_children_end_together(now: bool, name: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, **own_group())
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    end_group(child.pid, now=now)
    assert child.stdout.read() == b""  # which ends when nobody holds it open any more
    assert ended_by(child.wait()) == name
    end_group(child.pid, now=True)  # gone: nothing happens
    child.stdout.close()


@pytest.mark.parametrize(("status", "name"), [(0, None), (3, None), (-9, "SIGKILL"), (-250, "number 250")])
def test_the_signal_that_ended_a_process_has_a_name(status: int, name: str | None) -> None:
    assert ended_by(status) == name


def test_windows_ends_a_tree_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(processes, "POSIX", False)
    monkeypatch.setattr(processes.subprocess, "run", lambda command, **_: asked.append(command))
    assert set(own_group()) == {"creationflags"}
    end_group(42, now=False)
    assert asked == [["taskkill", "/T", "/F", "/PID", "42"]]


@pytest.mark.parametrize("refusals", [0, 2])
def test_on_windows_a_file_that_is_being_read_is_replaced_a_moment_later(
    refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, pauses = Path.replace, []

    def refused(self: Path, target: Path) -> Path:
        if len(pauses) < refusals:
            raise PermissionError(13, "being used by another process")
        return replace(self, target)

    monkeypatch.setattr(atomic, "POSIX", False)
    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(time, "sleep", pauses.append)
    atomic.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert len(pauses) == refusals
