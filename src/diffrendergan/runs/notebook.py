"""Progress in a notebook: one bar for each track, in place, without widgets."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, TypeVar

from diffrendergan.runs.tracks import Track, total_of
from diffrendergan.runs.words import duration

T = TypeVar("T")

SECONDS_BETWEEN_UPDATES = 0.25
"""A notebook that is sent more than a few pictures a second falls behind."""


class NotebookReporter:
    """Bars of plain HTML that one output of the cell shows, and replaces as the work goes on.

    Widgets would need a package more, and leave nothing in a saved notebook.

    Parameters
    ----------
    interval : float
        Least time between two updates [s].
    """

    def __init__(self, interval: float = SECONDS_BETWEEN_UPDATES) -> None:
        self._interval = interval
        self._tracks: list[Track] = []
        self._output: Any = None
        self._last = float("-inf")

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items and show how many are done."""
        track = Track(description, total_of(items, total))
        self._tracks.append(track)
        try:
            self._draw()
            for item in items:
                yield item
                track.advance()
                if time.monotonic() - self._last >= self._interval:
                    self._draw()
        finally:
            self._tracks.remove(track)
            self._draw()

    def note(self, message: str) -> None:
        """Show one line."""
        from IPython.display import HTML, display

        display(HTML(f"<div>{escape(message)}</div>"))

    def _draw(self) -> None:
        """Show all tracks, or nothing in their place where none is left."""
        from IPython.display import HTML, display

        self._last = time.monotonic()
        shown = HTML("".join(map(bar, self._tracks)))
        if self._output is None:
            self._output = display(shown, display_id=True)
        else:
            self._output.update(shown)
        if not self._tracks:  # what comes later is shown below what was noted meanwhile
            self._output = None


def bar(track: Track) -> str:
    """Return a track as HTML: a bar, how much is done, and how long the rest will take."""
    left = track.remaining(time.monotonic())
    told = escape(str(track)) + (f", about {duration(left)} left" if left is not None else "")
    filled = f' value="{track.done}" max="{track.total}"' if track.total else ""
    return f"<div><progress{filled}></progress> {told}</div>"
