"""nnU-Net in a process of its own.

Its prints, its worker processes, its environment variables and what it sets in torch stay there. The child gets its
order as one line of JSON on standard input, which it then watches: when it closes, this process is gone, and the child
ends itself. It answers with events, a line of JSON each, on standard output; all else goes to a log.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from diffrendergan import errors
from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.processes import end_group, ended_by, own_group

WORKER = "diffrendergan.segmentation.nnunet.worker"
SECONDS_TO_END = 10.0

Event = dict[str, Any]
"""What the child says; `kind` tells which event it is."""


@contextmanager
def running_worker(order: dict[str, Any], environment: dict[str, str], log: Path) -> Iterator[Iterator[Event]]:
    """Run the worker and give its events; when the block is left, however, the child and all its processes are gone.

    Parameters
    ----------
    order
        What to do, see `worker`.
    environment
        The child's whole environment.
    log
        The child's output is appended to it.

    Raises
    ------
    UserError
        What the child says went wrong.
    RunFolderError
        If the child ends in another way; with the last line of its log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        # In a session of its own, Ctrl-C reaches only this process, and the child's processes can be ended together.
        process = subprocess.Popen(
            [sys.executable, "-m", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=environment,
            text=True,
            encoding="utf-8",
            **own_group(),
        )
    try:
        threading.Thread(target=_end_what_is_left, args=(process,), daemon=True).start()
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # the child is gone already; its events say why
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        yield _events(process, log)
    finally:
        _stop(process)


def _events(process: subprocess.Popen[str], log: Path) -> Iterator[Event]:
    assert process.stdout is not None
    for line in process.stdout:
        if not line.endswith("\n"):  # the child was killed while it wrote
            break
        event = parse_json(line)
        if event["kind"] == "error":
            raise _user_error(event)
        yield event
    status = process.wait()
    if status != 0:
        raise RunFolderError(_explain(status, log))


def _user_error(event: Event) -> UserError:
    kind = getattr(errors, event["error"], RunFolderError)
    return kind(event["message"])


def _explain(status: int, log: Path) -> str:
    if (ended := ended_by(status)) is not None:
        how = f"was ended by the signal {ended}"
        if ended == "SIGKILL":
            how += ", perhaps because memory ran out"
    else:
        how = f"failed ({last_line(log)})"
    return (
        f"nnU-Net {how}, its log is {log}; give the same command again to go on from its last checkpoint, with a "
        "smaller segmentation.nnunet.batch_size if memory was short."
    )


def last_line(log: Path) -> str:
    """Return the last line of a log that says something, at most 300 characters of it."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 10_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300].rstrip(".") if lines else "it said nothing"


def _end_what_is_left(process: subprocess.Popen[str]) -> None:
    """When the child has ended, end its own children: they would hold its output open, and nobody would see the end."""
    process.wait()
    end_group(process.pid, now=True)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        end_group(process.pid, now=False)
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_END)
    end_group(process.pid, now=True)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            assert pipe is not None
            pipe.close()
