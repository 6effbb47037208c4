"""The numbers by which a run keeps and tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogRules:
    """What decides about the log of a run, and when a run counts as stalled. Shown in docs/observing.md."""

    pulse_s: float = 2.0
    """Between two writings of `progress.json` [s]. Chosen: what a person who looks hardly notices; it is one small
    file."""
    progress_s: float = 60.0
    """Between two lines of the log about progress [s]. Chosen: a run of a week adds 10,000 lines, about 4 MB."""
    stall_s: float = 300.0
    """Without any loop moving for so long [s], a run counts as stalled. Chosen: as long as
    one waits before one wonders. A false alarm costs a line; `stall_paces` spares slow steps."""
    stall_paces: float = 20.0
    """And for at least so many times what an item of the innermost loop took on average. Rule of thumb: an epoch that
    writes a checkpoint to a slow disk takes twice as long as its neighbours, not twenty times."""
    silent_s: float = 60.0
    """Without a sign of life for so long [s], a run that still holds its folder counts as stalled. Thirty pulses: a
    library that holds the interpreter for that long is one that hangs, or the disk is."""
    most_bytes: float = 8e6
    """Of a log [bytes]; the one before is kept beside it, older lines are dropped. Chosen: read in under a second."""
    most_letters: int = 2000
    """Of a text in the log; what is longer is cut. Chosen: a page of text."""


LOG_RULES = LogRules()
