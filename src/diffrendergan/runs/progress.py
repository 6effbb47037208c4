"""How far work is, in a file that other programs read: one form for the studio's jobs and for run folders."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.tracks import Track


@dataclass(frozen=True)
class Progress:
    """How far one loop is."""

    description: str
    done: int
    total: int | None
    left_s: float | None
    """Seconds to its end at the pace so far; None before there is one."""

    def __str__(self) -> str:
        return f"{self.description} {self.done}" + (f"/{self.total}" if self.total is not None else "")


def progress_of(tracks: Iterable[Track]) -> list[dict[str, Any]]:
    """Return how far loops are, as plain values for JSON, the outermost first."""
    now = time.monotonic()
    return [
        {"description": each.description, "done": each.done, "total": each.total, "left_s": each.remaining(now)}
        for each in tracks
    ]


def write_progress(path: Path, tracks: Iterable[Track], further: Mapping[str, Any] | None = None) -> None:
    """Keep in a file how far loops are; in silence where it cannot be written.

    Parameters
    ----------
    path : Path
    tracks : iterable of Track
        The outermost first.
    further : mapping, optional
        What else is to be told, as plain values.
    """
    partial = path.with_name(f"{path.name}.new")
    with suppress(OSError):  # work does not end because nobody can be told of it
        partial.write_text(json.dumps({"tracks": progress_of(tracks), **(further or {})}), encoding="utf-8")
        partial.replace(path)


def read_progress(path: Path) -> list[Progress]:
    """Return how far loops are, the outermost first; nothing where none is going on, or the file is not there."""
    try:
        return progress_in(read_json(path))
    except RunFolderError:
        return []


def progress_in(values: object) -> list[Progress]:
    """Return how far loops are from the values of such a file; nothing where they are of another form."""
    try:
        found = [Progress(**track) for track in values["tracks"]]  # type: ignore[index]
    except (TypeError, KeyError):
        return []
    return [one for one in found if is_number(one.done) and _may_be_number(one.total) and _may_be_number(one.left_s)]


def _may_be_number(value: object) -> bool:
    return value is None or is_number(value)


def is_number(value: object) -> bool:
    """Tell whether a value of JSON is a number, and neither infinite nor none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
