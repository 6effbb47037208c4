"""How much of a piece of work is done, whatever shows it."""

from __future__ import annotations

import time
from collections.abc import Sized
from dataclasses import dataclass


@dataclass
class Track:
    """What is counted, and how fast it goes."""

    description: str
    total: int | None
    done: int = 0
    paced_from: float | None = None
    """When the first item was done: it is often slower than all others, by what is compiled or loaded."""

    def __str__(self) -> str:
        return f"{self.description} {self.done}" + (f"/{self.total}" if self.total is not None else "")

    def remaining(self, now: float) -> float | None:
        """Seconds to the end at the pace so far; None before there is one."""
        if not self.total or self.paced_from is None or not 1 < self.done < self.total:
            return None
        return (now - self.paced_from) / (self.done - 1) * (self.total - self.done)

    def advance(self) -> None:
        """Count an item."""
        self.done += 1
        if self.paced_from is None:
            self.paced_from = time.monotonic()


def total_of(items: object, total: int | None) -> int | None:
    """Return how many items there are, if that is known."""
    if total is not None:
        return total
    return len(items) if isinstance(items, Sized) else None
