"""The log of a run: a line of JSON for everything that happens, of bounded size.

It tells what happened and when, and holds neither the environment nor what a command was given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.rules import LOG_RULES

LOG = "log.jsonl"
EARLIER = "log.earlier.jsonl"


class RunLog:
    """Adds lines to the log of a run folder.

    Each line is written at once, as a whole, at the end of the file; a line that a killed process left unfinished is
    closed before the next. A disk that is full ends no work: what cannot be written is left out.

    Parameters
    ----------
    folder : Path
        The run folder.
    most_bytes : float
        A log that has grown to this becomes the earlier one [bytes], in the place of the one before.
    """

    def __init__(self, folder: Path, most_bytes: float = LOG_RULES.most_bytes) -> None:
        self._path, self._earlier = folder / LOG, folder / EARLIER
        self._most = most_bytes
        self._lock = Lock()  # the pulse writes beside the work

    def write(self, event: str, **values: Any) -> None:
        """Add what happened; texts that are too long are cut, numbers that are none are left out."""
        told = {name: _bounded(value) for name, value in values.items() if value is not None}
        line = json.dumps({"time": _now(), "event": event, **told}, ensure_ascii=False) + "\n"
        with self._lock, suppress(OSError):
            self._make_room()
            with self._path.open("ab") as handle:
                start = b"\n" if self._is_broken() else b""
                handle.write(start + line.encode(errors="replace"))

    def _make_room(self) -> None:
        if self._path.exists() and self._path.stat().st_size > self._most:
            self._path.replace(self._earlier)

    def _is_broken(self) -> bool:
        """Tell whether the last line has no end."""
        if not self._path.stat().st_size:
            return False
        with self._path.open("rb") as handle:
            handle.seek(-1, 2)
            return handle.read() != b"\n"


def read_log(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what the log of a run holds, the oldest first; lines that are broken are left out."""
    for name in (EARLIER, LOG):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for line in text.split("\n"):
            with suppress(ValueError):
                value = parse_json(line)
                if isinstance(value, dict):
                    yield value


def last_session(folder: Path) -> list[dict[str, Any]]:
    """Return what was written since the last command began to work in a run folder."""
    events = list(read_log(folder))
    begins = [place for place, event in enumerate(events) if event.get("event") == "begins"]
    return events[begins[-1] :] if begins else events


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        most = LOG_RULES.most_letters
        return value if len(value) <= most else value[: most - 1] + "…"
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(name): _bounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(part) for part in value]
    return value
