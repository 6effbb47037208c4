"""What a result was made from, and whether one that is kept still fits.

Everything that is kept carries a stamp: the numbers of its format and recipe, the part of the configuration that it
depends on, the digests of the files that it was made from, the tokens of the results upstream. A stamp is a flat
mapping of plain values, as JSON holds them, so that what was written compares with what is wanted. Nothing is decided
by sizes and times of files: each is read once by every command.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.digest import files_of, sha256_of_file

_TOKEN_DIGITS = 16


@dataclass(frozen=True)
class Stamp:
    """What a result depends on, by name, as plain values for JSON."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Stamp:
        """Return the stamp of values as they will be read again: without tuples, with text as keys."""
        return cls(plain(values))

    def fits(self, kept: object) -> bool:
        """Tell whether a kept result was made from the same; `kept` are its values as they were read."""
        return isinstance(kept, Mapping) and not changed(kept, self.values)

    def require(self, kept: object, where: Path, remedy: str) -> None:
        """Refuse a kept result that was made from something else.

        Parameters
        ----------
        kept : object
            Its values as they were read.
        where : Path
            The file that holds them.
        remedy : str
            What to do other than to restore the values, e.g. ``remove its folder to train anew``.

        Raises
        ------
        RunFolderError
            Naming what differs.
        """
        if self.fits(kept):
            return
        names = changed(kept, self.values) if isinstance(kept, Mapping) else sorted(self.values)
        raise RunFolderError(
            f"{where} belongs to another configuration ({', '.join(names)} changed); {remedy}, or set the old values "
            "again."
        )

    def claim(self, path: Path, remedy: str) -> None:
        """Write the stamp beside work that begins, or make sure that work which goes on has the same.

        Raises
        ------
        RunFolderError
            If another stamp is there, or it is broken or cannot be written.
        """
        if path.exists():
            self.require(read_json(path), path, remedy)
        else:
            write_json(path, dict(self.values))

    def is_that_of(self, path: Path) -> bool:
        """Tell whether a file holds this stamp; False where it is missing or broken."""
        try:
            return self.fits(read_json(path))
        except RunFolderError:
            return False


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON gives them back."""
    return dict(json.loads(json.dumps(dict(values))))


def changed(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the names whose values differ, sorted; None is as good as missing: a field that came later and is off."""
    return sorted(name for name in {*kept, *wanted} if kept.get(name) != wanted.get(name))


def token(*parts: Any) -> str:
    """Return a short fingerprint of plain values, for what is made from their result."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:_TOKEN_DIGITS]


def digests(files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of the contents of files, by their names without folder.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    return {file.name: sha256_of_file(file) for file in files}


@dataclass(frozen=True)
class InputFile:
    """What a file was when it was read."""

    size: int
    mtime_ns: int
    sha256: str


def fingerprints(files: Mapping[str, Path]) -> dict[str, InputFile]:
    """Return what each file is now; a file is read once by each process, unless its size or a time of it changes.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    found: dict[str, InputFile] = {}
    for name, path in files.items():
        try:
            found[name] = InputFile(*size_and_time(path), _read_once(path, _state(path)))
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror or error}); check the file.") from error
    return found


def _state(path: Path) -> tuple[tuple[int, int, int, int], ...]:
    """Return what tells that a file was not written to since; the last is out of reach of whoever sets times back."""
    stats = [part.stat() for part in files_of(path)]
    return tuple((status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns) for status in stats)


@lru_cache(maxsize=1 << 16)
def _read_once(path: Path, state: tuple[tuple[int, int, int, int], ...]) -> str:
    return sha256_of_file(path)


def size_and_time(path: Path) -> tuple[int, int]:
    """Return the bytes of a file, and when it was last written [ns]; of a folder, of all files in it.

    Raises
    ------
    OSError
        If it is not there.
    """
    stats = [part.stat() for part in files_of(path)]
    return sum(status.st_size for status in stats), max((status.st_mtime_ns for status in stats), default=0)


def to_json(files: Mapping[str, InputFile]) -> dict[str, Any]:
    """Return plain values for JSON."""
    return {name: asdict(file) for name, file in files.items()}


def from_json(values: Mapping[str, Any]) -> dict[str, InputFile]:
    """Return what `to_json` was given."""
    return {name: InputFile(**value) for name, value in values.items()}
