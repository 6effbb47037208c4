"""One process at a time works in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diffrendergan.errors import FolderInUseError
from diffrendergan.runs.atomic import explain_os_error

LOCK = ".lock"


@contextmanager
def locked(folder: Path, otherwise: str) -> Iterator[None]:
    """Make a folder, and keep other processes out of it.

    Parameters
    ----------
    folder : Path
        The folder; the file `LOCK` in it is taken.
    otherwise : str
        What the user can do instead of waiting, e.g. "choose another folder".

    Raises
    ------
    FolderInUseError
        If another process works in it.
    RunFolderError
        If it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    try:
        _take(lock, folder, otherwise)
        yield
    finally:
        os.close(lock)  # which also releases it; the file stays, or a third process could lock another one


def _take(lock: int, folder: Path, otherwise: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
            return  # a file system without locks
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        raise FolderInUseError(
            f"{folder} is in use by another diffrendergan (process {owner}); wait for it, or {otherwise}."
        ) from error
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise explain_os_error(error, folder / LOCK) from error
