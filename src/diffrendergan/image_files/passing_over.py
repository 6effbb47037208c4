"""Files of a folder that cannot be used: they are named and passed over, unless none is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.runs.reporter import Reporter

T = TypeVar("T")


def usable(paths: Sequence[Path], open_one: Callable[[Path], T], reporter: Reporter, title: str) -> Iterator[T]:
    """Yield what is made of each file; those of which nothing can be made are named at the end.

    Raises
    ------
    DataError
        At the end, if nothing could be made of any.
    """
    failed: dict[str, str] = {}
    for path in reporter.track(paths, title, total=len(paths)):
        try:
            yield open_one(path)
        except DataError as error:
            failed[path.name] = str(error)
    if failed and len(failed) == len(paths):
        raise DataError(none_usable(failed))
    say_passed_over(failed, reporter)


def say_passed_over(failed: Mapping[str, str], reporter: Reporter) -> None:
    """Name files that cannot be used, and say why of each."""
    for name, why in failed.items():
        reporter.note(passed_over(name, why))


def passed_over(name: str, why: str) -> str:
    """Return the line that names a file that cannot be used."""
    return f"{name} is passed over: {why}"


def none_usable(failed: Mapping[str, str]) -> str:
    """Say in a sentence why no file can be used: the first reason, and which others fail too."""
    more = f" No other can be used either: {some(list(failed)[1:])}." if len(failed) > 1 else ""
    return next(iter(failed.values())) + more
