"""How much of what is going on is shown."""

from __future__ import annotations

from diffrendergan.runs.reporter import Reporter, SilentReporter

Progress = bool | Reporter
"""True shows progress and notes on standard error, False nothing; or a reporter of one's own."""


def reporter_of(progress: Progress) -> Reporter:
    """Return what shows progress."""
    if progress is True:
        from diffrendergan.runs.console import make_reporter

        return make_reporter()
    return SilentReporter() if progress is False else progress
