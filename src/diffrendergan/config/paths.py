"""Paths in a configuration are meant from the folder it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATH_FIELDS = (
    ("run",),
    ("data", "images"),
    ("data", "masks"),
    ("data", "overrides"),
    ("particles", "folder"),
    ("generator", "folder"),
    ("fid", "inception_weights"),
)
"""The fields that hold paths."""


def resolved(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return `values` with the paths among them made absolute, relative ones from `folder`; ``~`` is the home."""
    result = dict(values)
    for section, *rest in PATH_FIELDS:
        value = result.get(section)
        if not rest and isinstance(value, str) and value:
            result[section] = _absolute(value, folder)
        elif rest and isinstance(value, Mapping) and isinstance(value.get(rest[0]), str) and value[rest[0]]:
            result[section] = {**value, rest[0]: _absolute(value[rest[0]], folder)}
    return result


def _absolute(value: str, folder: Path) -> str:
    path = Path(value)
    if value == "~" or value.startswith("~/"):
        path = path.expanduser()
    # Not `resolve`: a link to a big disk keeps the name that the user gave it.
    return str(Path(*_tidy((folder.absolute() / path).parts)))


def _tidy(parts: tuple[str, ...]) -> list[str]:
    """Drop ``x/..`` pairs."""
    kept: list[str] = []
    for part in parts:
        if part == ".." and len(kept) > 1:
            kept.pop()
        elif part != "..":
            kept.append(part)
    return kept
