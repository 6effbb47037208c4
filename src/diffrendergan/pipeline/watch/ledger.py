"""What was done with each file that arrived: a line each, by which watching goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from diffrendergan.runs.json_lines import append_line, read_lines, write_lines

LEDGER = "arrived.jsonl"


@dataclass(frozen=True)
class Entry:
    """A file, and what became of it."""

    file: str
    """Its path in the folder that is watched."""
    sample: str
    scan: str
    """Its name without ending."""
    size: int
    mtime_ns: int
    time: str
    """When it was measured, in UTC."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What it says of the instrument."""
    failure: str = ""
    """Why it could not be measured."""

    @property
    def stamp(self) -> tuple[int, int]:
        """What tells one state of the file from the next."""
        return self.size, self.mtime_ns


class Ledger:
    """The entries of a folder of results, in the order of arrival.

    Parameters
    ----------
    out : Path
        The folder.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / LEDGER
        self.entries: dict[str, Entry] = {}
        with suppress(OSError):
            for values in read_lines(self._path, growing=True):
                self._take(Entry(**values))
            write_lines(self._path, map(_plain, self.entries.values()))

    def add(self, entry: Entry) -> None:
        """Keep what became of a file; it is on the disk on return."""
        append_line(self._path, _plain(entry))
        self._take(entry)

    def knows(self, file: str, stamp: tuple[int, int]) -> bool:
        """Tell whether a file was looked at in the state that it has."""
        entry = self.entries.get(file)
        return entry is not None and entry.stamp == stamp

    def _take(self, entry: Entry) -> None:
        self.entries[entry.file] = entry  # a file that changed keeps its place


def _plain(entry: Entry) -> dict[str, Any]:
    return asdict(entry)
