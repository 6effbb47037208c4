"""Small pieces of the sentences about a configuration."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

_SHORT = 60


def nearest(word: str, words: Iterable[str]) -> list[str]:
    """Return up to three of `words` that may have been meant by `word`, the best first."""
    return difflib.get_close_matches(word, list(words), n=3, cutoff=0.6)


def one_of(word: str, words: Iterable[str]) -> str:
    """Return ``one of a, b, c (did you mean b?)``."""
    words = list(words)
    close = nearest(word, words)
    hint = f" (did you mean {' or '.join(close)}?)" if close else ""
    return f"one of {', '.join(words)}{hint}"


def shown(value: Any) -> str:
    """Return a value as the user would write it, shortened."""
    if isinstance(value, str):
        text = f"'{value}'"
    elif value is None:
        text = "empty"
    else:
        text = re.sub(r'"([\w.-]+)"', r"\1", json.dumps(value, default=str))
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def counted(count: int, singular: str, several: str | None = None) -> str:
    """Return a count with its noun, e.g. ``1 scan``, ``1,000 scans``."""
    return f"{count:,} {singular if count == 1 else several or singular + 's'}"


def some(names: Iterable[str], most: int = 5) -> str:
    """Return names with commas, and of more than `most` how many others there are."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
