"""Checksums of finished results: what changed since, or is gone, is told when it is used.

A stage that has finished writes the size and SHA-256 of each of its files beside them. Before its results are used, a
flipped byte, a file that was cut short and one that is missing are found, and named. Files that were added, and folders
that were made before there were seals, are left alone.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import PARTIAL, read_json, write_json
from diffrendergan.runs.digest import sha256_of, sha256_of_file
from diffrendergan.runs.lock import LOCK

SEAL = "files.json"
MARKS = (SEAL, "started.json", "done.json")
"""Beside the results, and no results."""
HIGHEST = 4
"""A file lies at most so many folders below its seal."""
NAMED = 3
"""So many broken files are named in a sentence."""

How = Literal["missing", "of another size", "changed"]


@dataclass(frozen=True)
class Broken:
    """A file that is not what it was when its stage finished."""

    path: Path
    how: How

    def __str__(self) -> str:
        return f"{self.path} is {self.how}"


def seal(folder: Path, without: Collection[str] = (), to_come: Mapping[str, bytes] | None = None) -> None:
    """Write down size and checksum of every file in a folder, without those that may be edited.

    Parameters
    ----------
    folder : Path
    without : collection of str
        Paths in it that are left out.
    to_come : mapping, optional
        Contents of files that will be written after the seal, by their paths in the folder.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    found = {path.relative_to(folder).as_posix(): path for path in sorted(_files(folder))}
    seal_files(folder, [name for name in found if name not in without], to_come)


def seal_files(folder: Path, names: Iterable[str], to_come: Mapping[str, bytes] | None = None) -> None:
    """Write down size and checksum of some files of a folder; those that are not there are left out.

    Parameters and errors are those of `seal`.
    """
    files = {
        name: {"size": path.stat().st_size, "sha256": sha256_of_file(path)}
        for name in names
        if (path := folder / name).is_file()
    }
    later = {name: {"size": len(data), "sha256": sha256_of(data)} for name, data in (to_come or {}).items()}
    write_json(folder / SEAL, {"files": files | later})


def broken(folder: Path, whole: bool = True) -> list[Broken]:
    """Return the files that are not what the folder's seal says; none where there is no seal.

    Parameters
    ----------
    folder : Path
        With a seal, such as that of a finished stage.
    whole : bool
        Read the files; else only missing ones and other sizes are found.

    Raises
    ------
    RunFolderError
        If the seal itself is broken.
    """
    found = (_broken(folder / name, known, whole) for name, known in _sealed(folder).items())
    return [one for one in found if one is not None]


def sealed_names(folder: Path) -> tuple[str, ...]:
    """Return the files that a folder's seal knows, by their paths in it.

    Raises
    ------
    RunFolderError
        If the seal is broken.
    """
    return tuple(_sealed(folder))


def require_whole(folder: Path, remedy: str, whole: bool = True) -> None:
    """Refuse results that are not what they were when they were finished.

    Parameters
    ----------
    folder, whole
        As for `broken`.
    remedy : str
        What to do, e.g. ``redo the stage 'synthesize'``.

    Raises
    ------
    RunFolderError
        Naming them.
    """
    if found := broken(folder, whole):
        named = ", ".join(str(one) for one in found[:NAMED])
        more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise RunFolderError(f"{named}{more} since the results were finished; copy them from a backup, or {remedy}.")


def intact(path: Path) -> Path:
    """Return a file as it is, after making sure that it is what the seal above it says; files without one pass.

    Raises
    ------
    RunFolderError
        If it is missing, or has changed since it was finished.
    """
    for folder in list(path.absolute().parents)[:HIGHEST]:
        if (folder / SEAL).is_file():
            known = _sealed(folder).get(path.absolute().relative_to(folder).as_posix())
            if known is not None and (found := _broken(path, known, whole=True)) is not None:
                raise RunFolderError(
                    f"{found} since it was finished; copy it from a backup, or make it again (`--redo`)."
                )
            return path
    return path


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            marks = path.parent == folder and name in MARKS
            if not marks and name != LOCK and not name.startswith(PARTIAL) and path.is_file() and not path.is_symlink():
                yield path


def _sealed(folder: Path) -> Mapping[str, Any]:
    path = folder / SEAL
    return _read(path, _stamp(path)) if path.is_file() else {}


@lru_cache(maxsize=32)
def _read(path: Path, stamp: tuple[int, int]) -> Mapping[str, Any]:
    values = read_json(path)
    files = values.get("files") if isinstance(values, dict) else None
    if not isinstance(files, dict):
        raise RunFolderError(f"{path} is broken: it holds no checksums; remove it, if you trust the files beside it.")
    return files


def _stamp(path: Path) -> tuple[int, int]:
    """Return what tells one state of a seal from the next."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _broken(path: Path, known: Any, whole: bool) -> Broken | None:
    try:
        size = path.stat().st_size
    except OSError:
        return Broken(path, "missing")
    if not isinstance(known, dict) or size != known.get("size"):
        return Broken(path, "of another size")
    return Broken(path, "changed") if whole and sha256_of_file(path) != known.get("sha256") else None
