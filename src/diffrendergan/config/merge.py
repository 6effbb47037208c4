"""Laying one set of values over another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = dict[str, Any]


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """Return `below` with the values of `above` laid over it, section by section.

    A section left empty (``training:`` with nothing under it) changes nothing. A size distribution of
    another kind replaces the one below, whose parameters have other names.
    """
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and _same_kind(old, value):
            result[key] = merged(old, value)
        elif value is None and isinstance(old, Mapping) and "learn" not in old:
            continue
        else:
            result[key] = value
    return result


def _same_kind(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return "distribution" not in new or old.get("distribution") == new["distribution"]


def nested(path: tuple[str, ...], value: Any) -> Values:
    """Return ``{"a": {"b": value}}`` for the path ``("a", "b")``."""
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}
