"""Ending a child process together with the processes that it started, on each system."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any

POSIX = os.name == "posix"


def own_group() -> dict[str, Any]:
    """Return the arguments of `subprocess.Popen` that keep Ctrl-C from a child, so that its parent ends it in order."""
    if POSIX:
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def end_group(process: int, *, now: bool) -> None:
    """End a process made with `own_group`, and those that it started; nothing happens if they are gone.

    Parameters
    ----------
    process : int
        Its number.
    now : bool
        Give them no time to put their files in order. Windows knows no other way.
    """
    if POSIX:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL if now else signal.SIGTERM)
        return
    with suppress(OSError):
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process)], capture_output=True, check=False)


def ended_by(status: int) -> str | None:
    """Return the name of the signal that ended a process, or None if none did."""
    if status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"number {-status}"
