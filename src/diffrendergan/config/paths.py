"""Paths in a configuration are meant from the folder it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffrendergan.config.fields import all_fields
from diffrendergan.errors import ConfigError

PATH_FIELDS = tuple(field.names for field in all_fields() if field.is_path)
"""The fields that hold paths, by the names of their sections and their own."""


def resolved(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return `values` with the paths among them made absolute, relative ones from `folder`; ``~`` is the home."""
    result = dict(values)
    for field in PATH_FIELDS:
        result = _with_absolute(result, field, folder)
    return result


def _with_absolute(values: Mapping[str, Any], field: tuple[str, ...], folder: Path) -> dict[str, Any]:
    key, *rest = field
    value = values.get(key)
    if rest and isinstance(value, Mapping):
        return {**values, key: _with_absolute(value, tuple(rest), folder)}
    if not rest and isinstance(value, str) and value:
        if any(ord(character) < ord(" ") for character in value):
            raise ConfigError(f"`{key}` is no path: {value!r} holds a control character; take it out.")
        return {**values, key: _absolute(value, folder)}
    return dict(values)


def _absolute(value: str, folder: Path) -> str:
    path = Path(value)
    if value == "~" or value.startswith("~/"):
        path = path.expanduser()
    return str(tidied(folder / path))


def tidied(path: Path) -> Path:
    """Return a path in full, without ``x/..``: its last part is the name of what it leads to.

    It is not resolved: a link to a big disk keeps the name that the user gave it.
    """
    return Path(*_tidy(path.absolute().parts))


def _tidy(parts: tuple[str, ...]) -> list[str]:
    """Drop ``x/..`` pairs."""
    kept: list[str] = []
    for part in parts:
        if part == ".." and len(kept) > 1:
            kept.pop()
        elif part != "..":
            kept.append(part)
    return kept
