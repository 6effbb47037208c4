"""Progress on a terminal, or as plain lines where there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from diffrendergan.runs.progress import write_progress
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.runs.tracks import Track, total_of
from diffrendergan.runs.words import duration

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_FILES = 0.5
PROGRESS_VARIABLE = "DIFFRENDERGAN_PROGRESS"
"""Environment variable that names a file in which progress is kept for another program, as the studio does."""
_ETA_WINDOW_S = 120.0


def make_reporter(quiet: bool = False, console: Console | None = None) -> Reporter:
    """Return what fits: nothing if quiet, bars in a notebook and on a terminal, else plain lines on standard error."""
    if quiet:
        return SilentReporter()
    console = console or Console(stderr=True, highlight=False)
    if told := os.environ.get(PROGRESS_VARIABLE):
        return FileReporter(console, Path(told))
    if console.is_jupyter:
        from diffrendergan.runs.notebook import NotebookReporter

        return NotebookReporter()
    return BarReporter(console) if console.is_terminal else LineReporter(console)


class BarReporter:
    """Progress bars with elapsed and remaining time, one below the other where tracks are nested."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            speed_estimate_period=_ETA_WINDOW_S,
            refresh_per_second=5,
        )
        self._active = 0

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items and show how many are done."""
        if self._active == 0:
            self._progress.start()
        self._active += 1
        task = self._progress.add_task(escape(description), total=total_of(items, total))
        try:
            for item in items:
                yield item
                self._progress.advance(task)
        finally:
            self._progress.remove_task(task)
            self._active -= 1
            if self._active == 0:
                self._progress.stop()

    def note(self, message: str) -> None:
        """Show one line, above the bars."""
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)


class LineReporter:
    """A line now and then, for logs and pipes.

    Parameters
    ----------
    console : Console
        Where to.
    interval : float
        Least time between two lines about progress [s].
    """

    def __init__(self, console: Console, interval: float = SECONDS_BETWEEN_LINES) -> None:
        self._console = console
        self._interval = interval
        self._tracks: list[Track] = []
        self._last = time.monotonic()

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items and say now and then how many are done."""
        track = Track(description, total_of(items, total))
        self._tracks.append(track)
        try:
            for item in items:
                yield item
                track.advance()
                self._say_if_due()
        finally:
            self._tracks.remove(track)

    def note(self, message: str) -> None:
        """Show one line."""
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def _say_if_due(self) -> None:
        now = time.monotonic()
        if now - self._last < self._interval:
            return
        self._last = now
        line = " · ".join(str(track) for track in self._tracks)
        left = next((seconds for track in self._tracks if (seconds := track.remaining(now)) is not None), None)
        self.note(f"{line}, about {duration(left)} left" if left is not None else line)


class FileReporter(LineReporter):
    """Plain lines, and a JSON file that says at any time how far each loop is, for another program to show.

    Parameters
    ----------
    console : Console
        Where the lines go.
    path : Path
        The file.
    """

    def __init__(self, console: Console, path: Path) -> None:
        super().__init__(console)
        self._path = path
        self._written = 0.0

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items, and keep in the file how many are done."""
        try:
            for item in super().track(items, description, total):
                self._write()
                yield item
        finally:
            self._write(at_once=True)

    def _write(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._written < SECONDS_BETWEEN_FILES:
            return
        self._written = now
        write_progress(self._path, self._tracks)
