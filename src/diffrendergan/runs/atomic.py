"""Files that are either whole or absent."""

from __future__ import annotations

import errno
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.processes import POSIX

PARTIAL = ".partial-"
"""Names of files that are being written begin so."""

_PAUSES_S = (0.05, 0.1, 0.2, 0.4)
"""Waits before a file that another program reads is replaced once more [s]."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block ends well.

    The temporary name keeps the ending, so that writers that choose a format by it work.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written; `path` is left as it was.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{PARTIAL}{secrets.token_hex(8)}{path.suffix}")
        # Not by `tempfile`, whose files are the owner's alone: the user's umask says who may read it.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        may = temporary.stat().st_mode
    except OSError as error:
        raise explain_os_error(error, path) from error
    try:
        yield temporary
        with temporary.open("r+b") as written:  # Windows flushes only what is open for writing
            os.fsync(written.fileno())
        if temporary.stat().st_mode != may:  # safetensors puts a file of its own there, the owner's alone
            temporary.chmod(may)
        _replace(temporary, path)
    except OSError as error:
        raise explain_os_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    """Put a file in another's place; on Windows a reader holds the old one for a moment."""
    for pause in () if POSIX else _PAUSES_S:
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    temporary.replace(path)


def remove_partial_files(folder: Path) -> None:
    """Remove what a killed process left half written in a folder and those below."""
    for path in folder.rglob(f"{PARTIAL}*"):
        path.unlink(missing_ok=True)


def is_full(error: OSError) -> bool:
    """Whether the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def full_disk(error: BaseException) -> OSError | None:
    """Return the full disk behind an error; some libraries only mention it in their message."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and is_full(seen):
            return seen
        seen = seen.__cause__ or seen.__context__
    if "No space left on device" in str(error):
        return OSError(errno.ENOSPC, "No space left on device")
    return None


def explain_os_error(error: OSError, path: Path) -> RunFolderError:
    """Say in one sentence why `path` could not be written."""
    if is_full(error):
        return RunFolderError(
            f"the disk that holds {path} is full; free some space and give the same command again: "
            "it continues where it stopped."
        )
    return RunFolderError(
        f"{path} cannot be written ({error.strerror or error}); check the folder and its permissions."
    )


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically; bytes of undecodable file names become question marks."""
    write_bytes(path, text.encode(errors="replace"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented, with a final newline."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{path} is missing or broken ({error}); remove its folder and give the command again to redo that stage."
        ) from error
