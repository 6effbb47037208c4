"""One process at a time works in a folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from diffrendergan.errors import FolderInUseError
from diffrendergan.runs.atomic import PARTIAL, explain_os_error

LOCK = ".lock"

_GLANCE_S = 0.2
"""Whoever looks whether a folder is locked (`is_locked`) holds its lock for less [s]; that is waited for."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
"""What a file system without locks answers."""


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
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    lock = FileLock(path, timeout=_GLANCE_S, fallback_to_soft=False)
    try:
        lock.acquire(poll_interval=_GLANCE_S / 10)
    except Timeout as error:
        raise FolderInUseError(
            f"{folder} is in use by another diffrendergan{_owner(path)}; wait for it, or {otherwise}."
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise explain_os_error(error, path) from error
    try:
        _sign(path)
        yield
    finally:
        lock.release()  # the file stays, or a third process could lock another one


def is_locked(folder: Path) -> bool | None:
    """Tell whether a process works in a folder, without touching it; None where that cannot be told."""
    path = folder / LOCK
    if not path.is_file():
        return False
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:
        return None
    lock.release()
    return False


def others_in(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, but what a command leaves that was ended at its very start."""
    return (path for path in folder.iterdir() if path.name != LOCK and not path.name.startswith(PARTIAL))


def _owner(path: Path) -> str:
    """Say which process holds a lock, where the system lets others read the file."""
    with suppress(OSError, UnicodeDecodeError):
        if number := path.read_text(encoding="ascii").strip()[:32]:
            return f" (process {number})"
    return ""


def _sign(path: Path) -> None:
    try:
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    except PermissionError:
        return  # Windows locks a file against its own process, too
    except OSError as error:
        raise explain_os_error(error, path) from error
