from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.fixtures.command_line import in_this_process

from diffrendergan.cli.errors import explained
from diffrendergan.errors import DataError


def ending(error: BaseException, debug: bool = False) -> int:
    """Return the exit status that an error ends in."""
    with pytest.raises(typer.Exit) as caught, explained(debug):
        raise error
    return int(caught.value.exit_code)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (DataError("a.tif is empty; remove it."), 1, "diffrendergan: a.tif is empty; remove it.\n"),
        (OSError(errno.ENOSPC, "No space left", "/d/x"), 1, "the disk is full (/d/x); free some space"),
        (
            RuntimeError("while serializing: No space left on device (os error 28)"),
            1,
            "the disk is full; free some space",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/d/x"),
            1,
            "/d/x may not be read or written (Permission den",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/d/x"),
            1,
            "/d/x cannot be written (Read-only file system); che",
        ),
        (
            OSError(errno.EMFILE, "Too many open files", "/d/x"),
            2,
            "the system refused (/d/x): Too many open files; --d",
        ),
        (MemoryError(), 2, "memory is exhausted; close other programs"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 2, "memory is exhausted: [enforce"),
        (ZeroDivisionError("division\nby zero"), 2, "(ZeroDivisionError: division); finished work is kept; --debug"),
        (KeyboardInterrupt(), 130, "interrupted; the same command continues.\n"),
    ],
)
def test_an_error_becomes_one_sentence(
    error: BaseException, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(error) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_debug_shows_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(DataError("a.tif is empty."), debug=True) == 1
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.endswith("diffrendergan: a.tif is empty.\n")


def test_a_chosen_exit_passes() -> None:
    assert ending(typer.Exit(7)) == 7


WAITING = """
import time
from diffrendergan.cli.errors import explained
import typer
try:
    with explained(False):
        print("ready", flush=True)
        time.sleep(60)
except typer.Exit as end:
    raise SystemExit(end.exit_code)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_in_order(number: int, status: int) -> None:
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background (`nohup`, `&`) lets them, and their children, ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert said == "diffrendergan: interrupted; the same command continues.\n"


def test_what_does_not_resume_is_not_said_to_continue(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), explained(False, resumes=False):
        raise KeyboardInterrupt
    assert "interrupted; give the command again." in capsys.readouterr().err


def test_what_a_later_version_will_refuse_is_one_line(tmp_path: Path) -> None:
    project = tmp_path / "project.yaml"
    project.write_text("run: run\ntraining: {device: cpu}\n")
    done = in_this_process("run", project, "--dry-run", cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if "compute.device" in line]
    assert lines == [
        f"diffrendergan: {project}: `training.device` is read as `compute.device: cpu`, which holds for all stages; "
        "write that instead, the next version will ask for it."
    ]


def test_what_a_file_says_neither_steers_the_terminal_nor_fills_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(DataError(f"a\x1b[2J.tif is wrong: {'x' * 10_000}; remove it.\nb.tif as well.")) == 1
    said = capsys.readouterr().err
    assert "\x1b[2J" not in said and said.endswith("; remove it.\nb.tif as well.\n") and len(said) < 2000
