"""JSON that somebody else may have written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        If it is none, or nested more deeply than any that this package writes: Python's reader then runs out of stack.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None


def json_of_others(path: Path) -> Any:
    """Return what a file of another program holds, with or without a byte order mark; None if it is no JSON."""
    try:
        return parse_json(path.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return None
