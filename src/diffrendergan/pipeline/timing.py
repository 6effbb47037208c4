"""Time and memory of each stage, over all sessions that it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.json_text import parse_json
from diffrendergan.runs.memory import status_kb
from diffrendergan.runs.progress import is_number

TIMINGS = "timings.json"


@dataclass
class Watch:
    """Seconds since the block began, and the memory that it took."""

    began: float
    peak_rss_mb: float | None = None
    """Set when the block ends; None where the system does not tell."""

    @property
    def seconds(self) -> float:
        """Seconds up to now."""
        return time.perf_counter() - self.began


@contextmanager
def timed(folder: Path, stage: str, fresh: bool) -> Iterator[Watch]:
    """Add the block's time to `timings.json`, however the block ends.

    Parameters
    ----------
    folder : Path
        The run folder.
    stage : str
        The stage's name.
    fresh : bool
        Forget what was recorded before.
    """
    _reset_peak()
    watch = Watch(time.perf_counter())
    try:
        yield watch
    finally:
        timings = read_timings(folder)
        before = {} if fresh else timings.get(stage, {})
        peaks = [peak for peak in (before.get("peak_rss_mb"), peak_rss_mb()) if peak is not None]
        watch.peak_rss_mb = round(max(peaks), 1) if peaks else None
        timings[stage] = {
            "seconds": round(before.get("seconds", 0.0) + watch.seconds, 3),
            **({"peak_rss_mb": watch.peak_rss_mb} if peaks else {}),
            "sessions": before.get("sessions", 0) + 1,
        }
        with suppress(RunFolderError):  # a full disk is reported by the stage itself
            write_json(folder / TIMINGS, timings)


def read_timings(folder: Path) -> dict[str, dict[str, Any]]:
    """Return seconds, peak memory [MB] and number of sessions by stage; empty if there is no valid record."""
    try:
        values = parse_json((folder / TIMINGS).read_text(encoding="utf-8"))
        return {
            str(name): {key: each for key, each in dict(value).items() if is_number(each)}
            for name, value in values.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def peak_rss_mb() -> float | None:
    """Return the largest resident memory of this process [MB]; stages have no processes of their own.

    On Linux since the last stage began; elsewhere since the process began. None on Windows, which keeps no such number.
    """
    if (own := status_kb("VmHWM")) is not None:
        return own / 2**10
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _reset_peak() -> None:
    """Let the kernel's high-water mark start anew; without that a stage would inherit the last one's."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
