"""Watching work from beside: what is shown on the terminal is kept in the run folder as well, and stalls are told."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from diffrendergan.runs.memory import rss_mb
from diffrendergan.runs.progress import progress_of, write_progress
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.rules import LOG_RULES, LogRules
from diffrendergan.runs.run_log import RunLog
from diffrendergan.runs.tracks import Track, total_of
from diffrendergan.runs.words import duration
from diffrendergan.version import __version__

T = TypeVar("T")
Figures = Callable[[str], Mapping[str, float]]
"""Returns the latest losses and distances of a stage, by name."""

PROGRESS = "progress.json"
_PACKAGE = str(Path(__file__).parents[1])


class Observation:
    """A reporter that keeps what it is told in the run folder; made by `observed`.

    Parameters
    ----------
    folder : Path
        The run folder.
    reporter : Reporter
        Who shows it.
    figures : callable
        Returns the latest losses and distances of a stage.
    rules : LogRules
    """

    def __init__(self, folder: Path, reporter: Reporter, figures: Figures, rules: LogRules = LOG_RULES) -> None:
        self.log = RunLog(folder, rules.most_bytes)
        self._path = folder / PROGRESS
        self._inner, self._figures, self._rules = reporter, figures, rules
        self._tracks: list[Track] = []
        self._stage = ""
        self._worker = threading.get_ident()
        self._moved = self._stage_began = time.time()
        # Clocks are set while a command works: what passes is told by one that only goes on.
        self._moved_at = self._told = time.monotonic()
        self._used = time.process_time()
        self._stalled = False

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items, and keep how many are done."""
        track = Track(description, total_of(items, total))
        self._tracks.append(track)
        self._move()
        try:
            for item in self._inner.track(items, description, total):
                yield item
                track.advance()
                self._move()
        finally:
            self._tracks.remove(track)

    def note(self, message: str) -> None:
        """Show one line, and keep it."""
        self._inner.note(message)
        self.log.write("note", stage=self._stage or None, text=message)
        self._move()

    def say(self, message: str) -> None:
        """Show one line that the log tells in another way."""
        self._inner.note(message)

    @contextmanager
    def stage(self, name: str, how: str, reason: str = "") -> Iterator[dict[str, Any]]:
        """Log the begin and the end of a stage; what is put into the dictionary is told at its end."""
        self.log.write("stage begins", stage=name, how=how, reason=reason or None)
        self._stage, self._stage_began = name, time.time()
        self._move()
        told: dict[str, Any] = {}
        yield told
        self.log.write("stage ends", stage=name, **told, figures=self._latest())
        self._stage = ""
        self._move()

    def pulse(self) -> None:
        """Write how far the work is, and tell where it has stood still for long."""
        now = time.monotonic()
        idle = now - self._moved_at
        tracks = list(self._tracks)
        if not self._stalled and idle > self.patience():
            self._stalled = True
            self._tell_stall(idle, tracks)
        self._write(tracks)
        if now - self._told >= self._rules.progress_s:
            self._told = now
            figures, memory = self._latest(), rss_mb()
            self.log.write(
                "progress", stage=self._stage or None, tracks=progress_of(tracks), figures=figures, rss_mb=memory
            )

    def patience(self) -> float:
        """Return after how long without any move the work counts as stalled [s]."""
        pace = 0.0
        for track in list(self._tracks)[-1:]:
            if track.paced_from is not None and track.done > 1:
                pace = (time.monotonic() - track.paced_from) / (track.done - 1)
        return max(self._rules.stall_s, self._rules.stall_paces * pace)

    def _write(self, tracks: Sequence[Track]) -> None:
        further = {
            "stage": self._stage, "stage_began": self._stage_began, "moved": self._moved, "alive": time.time(),
            "patience_s": round(self.patience(), 1), "rss_mb": rss_mb(), "pid": os.getpid(), "host": platform.node(),
        }  # fmt: skip
        if self._stalled:
            further["where"] = self._where()
        write_progress(self._path, tracks, further)

    def _move(self) -> None:
        self._moved, self._moved_at, self._used = time.time(), time.monotonic(), time.process_time()
        if self._stalled:
            self._stalled = False
            self.log.write("goes on", stage=self._stage or None)

    def _tell_stall(self, idle: float, tracks: Sequence[Track]) -> None:
        busy = (time.process_time() - self._used) / max(idle, 1e-3)
        on, where = " · ".join(map(str, tracks)) or self._stage, self._where()
        self.log.write("stalls", stage=self._stage or None, on=on, where=where, for_s=round(idle, 1),
                       cores_used=round(busy, 2))  # fmt: skip
        doing = "it waits for something" if busy < 0.1 else "it still computes"
        self._inner.note(f"warning: nothing has moved for {duration(idle)} ({on}; {where}): {doing}.")

    def _where(self) -> str:
        """Return what function of the package the work is in."""
        return _place(sys._current_frames().get(self._worker))

    def _latest(self) -> dict[str, float] | None:
        with suppress(Exception):  # files that are just being written
            return dict(self._figures(self._stage)) or None
        return None


@contextmanager
def observed(
    folder: Path,
    reporter: Reporter,
    stages: Sequence[str],
    figures: Figures = lambda stage: {},
    rules: LogRules = LOG_RULES,
) -> Iterator[Observation]:
    """Keep in a run folder what is done in the block, and how it ends.

    Parameters
    ----------
    folder : Path
        The run folder, which nobody else works in.
    reporter : Reporter
        Shows progress.
    stages : sequence of str
        What is asked for.
    figures : callable, optional
        Returns the latest losses and distances of a stage, by name.
    rules : LogRules
    """
    seen = Observation(folder, reporter, figures, rules)
    seen.log.write("begins", stages=list(stages), pid=os.getpid(), host=platform.node(), diffrendergan=__version__)
    seen.pulse()
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(seen, over, rules.pulse_s), daemon=True)
    beat.start()
    how, error = "interrupted", ""
    try:
        yield seen
        how = "finished"
    except Exception as failure:
        how, error = "failed", str(failure).strip() or type(failure).__name__
        raise
    finally:
        over.set()
        beat.join(timeout=rules.pulse_s)
        seen.pulse()
        seen.log.write("ends", how=how, error=error or None)


def _beat(seen: Observation, over: threading.Event, every_s: float) -> None:
    while not over.wait(every_s):
        with suppress(Exception):  # who watches must not end who works
            seen.pulse()


def _place(frame: FrameType | None) -> str:
    """Return the innermost function of the package that a stack is in, and its line."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_PACKAGE) and not name.endswith(("executor.py", "observation.py", "console.py")):
            place = Path(name).relative_to(_PACKAGE).with_suffix("").as_posix().replace("/", ".")
            return f"in {place}.{frame.f_code.co_name}, line {frame.f_lineno}"
        frame = frame.f_back
    return "outside of the package"
