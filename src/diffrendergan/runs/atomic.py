"""Files that are either whole or absent."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.processes import POSIX

try:
    import fcntl as _fcntl
except ImportError:  # Windows
    fcntl: ModuleType | None = None
else:
    fcntl = _fcntl

PARTIAL = ".partial-"
"""Names of files that are being written begin so."""

_PAUSES_S = (0.05, 0.1, 0.2, 0.4)
"""Waits before a file that another program reads is replaced once more [s]."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that replaces it when the block ends well.

    The temporary name keeps the ending, so that writers that choose a format by it work. One that puts a file of its
    own in that place, as safetensors does, is for folders that one process at a time works in.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written; `path` is left as it was.
    """
    path, claim = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, claim = _claimed(path)
        may = temporary.stat().st_mode
    except OSError as error:
        raise explain_os_error(error, path) from error
    placed = False
    try:
        yield temporary
        with temporary.open("r+b") as written:  # Windows flushes only what is open for writing
            os.fsync(written.fileno())
        if temporary.stat().st_mode != may:  # safetensors puts a file of its own there, the owner's alone
            temporary.chmod(may)
        _replace(temporary, path)
        placed = True
    except UserError:
        raise
    except Exception as error:
        refused = full_disk(error) or error
        if not isinstance(refused, OSError):
            raise
        raise explain_os_error(refused, path) from error
    finally:
        if not placed:
            with suppress(OSError):  # what went wrong matters more
                temporary.unlink(missing_ok=True)
        if claim is not None:
            os.close(claim)


def _claimed(path: Path) -> tuple[Path, int | None]:
    """Return a new, empty file beside `path`, and the handle that claims it; None where it needs no claim.

    Its name follows from that of `path`, so that what a killed process left half written goes when the same file is
    written again. While another process writes the same file, the name is one of its own.
    """
    if fcntl is not None:
        usual = path.with_name(f"{PARTIAL}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}{path.suffix}")
        with suppress(OSError):  # in use, another user's, a link, or on a disk without locks
            _remove_unclaimed(usual)
            # Not by `tempfile`, whose files are the owner's alone: the user's umask says who may read it.
            handle = os.open(usual, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
            if _claims(handle, usual):
                return usual, handle
            os.close(handle)
    other = path.with_name(f"{PARTIAL}{secrets.token_hex(8)}{path.suffix}")
    os.close(os.open(other, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return other, None


def _remove_unclaimed(path: Path) -> None:
    """Remove a file that no living process claims."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        if _claims(handle, path):
            path.unlink()
    finally:
        os.close(handle)


def _claims(handle: int, path: Path) -> bool:
    """Claim an open file; False if another process has, or if it is not this user's file at that path alone."""
    assert fcntl is not None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return _is_own(handle, path)


def _is_own(handle: int, path: Path) -> bool:
    """Tell whether an open file still lies at a path, at no other, and belongs to this user."""
    held, there = os.fstat(handle), path.stat(follow_symlinks=False)
    return (
        (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)
        and held.st_nlink == 1
        and held.st_uid == os.geteuid()
    )


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


def remove_partial_files(folder: Path, below: bool = True) -> None:
    """Remove what a killed process left half written in a folder, and in those below."""
    for path in folder.rglob(f"{PARTIAL}*") if below else folder.glob(f"{PARTIAL}*"):
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
    said = str(error)
    # Of a file that is cut short NumPy only counts: what it wanted, and what the disk took.
    if "No space left on device" in said or ("requested and" in said and "written" in said):
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
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return what `write_json` writes; bytes of undecodable file names become question marks."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="replace")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        return parse_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{path} is missing or broken ({error}); remove its folder and give the command again to redo that stage."
        ) from error
