"""The worker's process: how it fails, how it is stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError, TrainingDivergedError
from diffrendergan.segmentation.nnunet import process
from diffrendergan.segmentation.nnunet.process import last_line, running_worker

ORDER = {"nothing": "of use"}


def play(monkeypatch, tmp_path, code):
    """Let a module of the given code be the worker, and return its environment."""
    (tmp_path / "pretended.py").write_text(code)
    monkeypatch.setattr(process, "WORKER", "pretended")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_events_come_one_by_one(monkeypatch, tmp_path):
    code = """
import json, sys
order = json.loads(sys.stdin.readline())
print(json.dumps({"kind": "echo", "order": order}), flush=True)
print("said aside", file=sys.stderr)
"""
    environment = play(monkeypatch, tmp_path, code)
    with running_worker(ORDER, environment, tmp_path / "log") as events:
        assert list(events) == [{"kind": "echo", "order": ORDER}]
    assert (tmp_path / "log").read_text() == "said aside\n"


def test_a_crash_is_one_sentence_with_the_last_line_of_the_log(tmp_path):
    log = tmp_path / "new" / "nnunet.log"
    with pytest.raises(RunFolderError) as caught, running_worker(ORDER, dict(os.environ), log) as events:
        list(events)
    message = str(caught.value)
    assert "unexpected keyword argument 'nothing'" in message and str(log) in message and "\n" not in message


def test_what_the_worker_says_went_wrong_is_raised(monkeypatch, tmp_path):
    event = {"kind": "error", "error": "TrainingDivergedError", "message": "the loss became NaN."}
    environment = play(monkeypatch, tmp_path, f"print({json.dumps(event)!r}, flush=True); raise SystemExit(1)")
    with (
        pytest.raises(TrainingDivergedError, match=r"^the loss became NaN\.$"),
        running_worker(ORDER, environment, tmp_path / "log") as events,
    ):
        list(events)


def test_a_killed_worker_is_named_even_if_its_children_live_on(monkeypatch, tmp_path):
    code = """
import os, signal, subprocess
child = subprocess.Popen(["sleep", "60"])
print('{"kind": "child", "pid": %d}' % child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = play(monkeypatch, tmp_path, code)
    with (
        pytest.raises(RunFolderError, match="signal SIGKILL, perhaps because memory ran out"),
        running_worker(ORDER, environment, tmp_path / "log") as events,
    ):
        pid = next(events)["pid"]
        list(events)
    wait_until_gone(pid)


def test_leaving_the_block_ends_the_worker_and_its_children(monkeypatch, tmp_path):
    code = """
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
print('{"kind": "pids", "pids": [%d, %d]}' % (os.getpid(), child.pid), flush=True)
time.sleep(60)
"""
    environment = play(monkeypatch, tmp_path, code)
    with pytest.raises(KeyboardInterrupt), running_worker(ORDER, environment, tmp_path / "log") as events:
        pids = next(events)["pids"]
        raise KeyboardInterrupt
    for pid in pids:
        wait_until_gone(pid)


def test_a_worker_whose_parent_is_gone_ends_itself(tmp_path):
    code = """
import os, subprocess, sys, threading, time
from diffrendergan.segmentation.nnunet import worker
os.setsid()
sys.stdin.readline()
threading.Thread(target=worker._end_with_parent, daemon=True).start()
time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    child.stdin.write(b"{}\n")
    child.stdin.close()
    assert child.wait(30) != 0


def wait_until_gone(pid: int) -> None:
    """Wait until a process has ended, or only waits for somebody to notice."""
    status = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        try:
            if status.read_text().rpartition(")")[2].split()[0] in "ZX":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.1)
    pytest.fail(f"process {pid} lives on")


def test_last_line(tmp_path):
    log = tmp_path / "log"
    log.write_text("first\nOSError: no space.\n\n  \n")
    assert last_line(log) == "OSError: no space"
    log.write_text("")
    assert last_line(log) == "it said nothing"
