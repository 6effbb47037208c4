"""What was done with each file that arrived: a line each, by which watching goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from diffrendergan.runs.checked import whole_lines, with_sum
from diffrendergan.runs.json_lines import append_line, write_lines

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


_ENTRY = TypeAdapter(Entry)


class Ledger:
    """The entries of a folder of results, in the order of arrival.

    A line that a kill left unfinished, or that was changed since, is left out: its file counts as new.

    Parameters
    ----------
    out : Path
        The folder.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / LEDGER
        self.entries: dict[str, Entry] = {}
        self.changed = 0
        """How many lines changed since they were written."""
        self._doubted: set[str] = set()
        with suppress(OSError):
            lines, self.changed = whole_lines(self._path)
            for values in lines:
                with suppress(ValidationError):
                    self._take(_ENTRY.validate_python(values))
            self.tidy()

    def tidy(self) -> None:
        """Leave one line of each file."""
        write_lines(self._path, map(_plain, self.entries.values()))

    def add(self, entry: Entry) -> None:
        """Keep what became of a file; it is on the disk on return."""
        append_line(self._path, _plain(entry))
        self._take(entry)
        if entry.file in self._doubted:
            self._doubted.remove(entry.file)
            if not self._doubted:
                self.tidy()

    def doubt(self, sample: str) -> None:
        """Count the files of a sample as new until they are added again, in their places."""
        self._doubted |= {entry.file for entry in self.entries.values() if entry.sample == sample}

    def knows(self, file: str, stamp: tuple[int, int]) -> bool:
        """Tell whether a file was looked at in the state that it has."""
        entry = self.entries.get(file)
        return entry is not None and entry.stamp == stamp and file not in self._doubted

    def _take(self, entry: Entry) -> None:
        self.entries[entry.file] = entry  # a file that changed keeps its place


def _plain(entry: Entry) -> dict[str, Any]:
    return with_sum(asdict(entry))
