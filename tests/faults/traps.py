"""What goes wrong in a process while it changes files: killed, asked to end, a disk that fills up or is read only.

Every change of a file that Python makes below a folder is an event of `sys.addaudithook`, in the order in which they
happen: so that faults are put between any two changes of whatever a command writes, and not where somebody thought of.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

How = Literal["kill", "torn", "terminate", "interrupt", "full", "read-only"]
WAYS: tuple[How, ...] = ("kill", "torn", "terminate", "interrupt")
"""Ways to end a process."""
_PATHS = {"os.rename": 1, "os.remove": 0, "os.rmdir": 0, "os.mkdir": 0, "os.truncate": 0, "os.link": 1, "os.symlink": 1}
"""Events of changes, and which of their arguments is the path that is there afterwards, or no longer."""
_NUMBERS = {"full": errno.ENOSPC, "read-only": errno.EROFS}


@dataclass(frozen=True)
class Trap:
    """A fault.

    Attributes
    ----------
    at : int
        Before which change it happens, from 0; -1 for never.
    how : str
        `kill`: SIGKILL. `torn`: SIGKILL, with what was being written half on the disk. `terminate`, `interrupt`:
        SIGTERM, SIGINT. `full`, `read-only`: from here on nothing can be written, or changed at all.
    """

    at: int = -1
    how: How = "kill"


def install(trap: Trap, folder: Path, told: int) -> None:
    """Set a trap in this process, for ever; each change is written to the descriptor `told` as a line."""
    root, count, busy = os.fspath(folder), 0, False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count, busy
        if busy or (path := _changed(event, arguments, root)) is None:
            return
        number, count = count, count + 1
        os.write(told, f"{event}\t{path}\n".encode(errors="replace"))
        if trap.at < 0 or number < trap.at:
            return
        if trap.how in _NUMBERS:
            if trap.how == "read-only" or event in ("open", "os.mkdir"):
                raise OSError(_NUMBERS[trap.how], os.strerror(_NUMBERS[trap.how]), path)
        elif number == trap.at:
            busy = True
            _ways(event, arguments)[trap.how]()
            busy = False

    sys.addaudithook(hook)


def _changed(event: str, arguments: tuple[Any, ...], root: str) -> str | None:
    """Return the path below a folder that an event is about to change; None for all other events."""
    if event == "open":
        path, _, flags = arguments
        if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return None
    elif event in _PATHS:
        path = arguments[_PATHS[event]]
    else:
        return None
    if not isinstance(path, str | bytes):
        return None
    text = os.fsdecode(path)
    return text if f"{text}/".startswith(f"{root}/") or not Path(text).is_absolute() else None


def _ways(event: str, arguments: tuple[Any, ...]) -> dict[str, Callable[[], None]]:
    own = os.getpid()
    return {
        "kill": lambda: os.kill(own, signal.SIGKILL),
        "torn": lambda: _torn(event, arguments, own),
        "terminate": lambda: os.kill(own, signal.SIGTERM),
        "interrupt": lambda: os.kill(own, signal.SIGINT),
    }


def _torn(event: str, arguments: tuple[Any, ...], own: int) -> None:
    """Leave half of what was being written, and half a line of what was being appended to."""
    path = Path(os.fsdecode(arguments[0]))  # TensorBoard names its files in bytes
    if event == "os.rename" and path.is_file():
        os.truncate(path, path.stat().st_size // 2)
    elif event == "open" and arguments[2] & os.O_APPEND:
        with path.open("ab") as stream:
            stream.write(b'{"half')
    os.kill(own, signal.SIGKILL)
