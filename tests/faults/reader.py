"""What a reader is, for those who try it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.projects import Places


@dataclass(frozen=True)
class Reader:
    """Something that reads files.

    Attributes
    ----------
    corpus : callable
        Writes right files into a folder.
    read : callable
        Reads the folder, one of whose files was changed, whose path is its second argument.
    """

    corpus: Callable[[Places, Path], None]
    read: Callable[[Path, Path], object]
