"""What long work says to the person who waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Reporter(Protocol):
    """Shows progress; the command line gives one with progress bars and an ETA."""

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items and show how many are done."""
        ...

    def note(self, message: str) -> None:
        """Show one line."""
        ...


class SilentReporter:
    """Says nothing; for use as a library and in tests."""

    def track(self, items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield the items."""
        yield from items

    def note(self, message: str) -> None:
        """Drop the line."""
