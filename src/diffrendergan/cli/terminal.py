"""Terminals of any encoding: what they lack is shown as a question mark, and never ends a command."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

AGAIN = "DIFFRENDERGAN_UTF8"
"""Set for the process that was started anew in UTF-8, so that it is started once."""


def settle_encoding() -> None:
    """Let output be written with replacement characters, and file names be UTF-8.

    Where the system says that file names are ASCII or Latin-1 (LC_ALL=C without UTF-8 mode), names with other letters
    could be read, but no file named after them be written. Python settles that at its start only, so the command is
    started once more in UTF-8 mode, in the same process.
    """
    if os.name == "posix" and not _is_utf_8(sys.getfilesystemencoding()) and AGAIN not in os.environ:
        _start_again()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _start_again() -> None:
    """Replace the process by the same command in UTF-8 mode; what is printed stays in the terminal's encoding."""
    output = getattr(sys.stdout, "encoding", None) or "utf-8"
    environment = os.environ | {AGAIN: "1", "PYTHONUTF8": "1"}
    environment.setdefault("PYTHONIOENCODING", f"{output}:replace")
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _is_utf_8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"
