"""Laying one set of values over another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = dict[str, Any]

_TAGS = {"distribution": None, "family": None, "model": "principled"}
"""Keys that say which of several kinds a section is, and the kind of a section that does not say."""


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """Return `below` with the values of `above` laid over it, section by section.

    A section left empty (``training:`` with nothing under it) changes nothing. A size distribution, a
    shape or a material of another kind replaces the one below, whose parameters have other names; deformations go with
    the shape that they were made for.
    """
    result = dict(below)
    if isinstance(above.get("shape"), Mapping) and not _same_kind(result.get("shape", {}), above["shape"]):
        result.pop("deform", None)
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
    return all(tag not in new or old.get(tag, usual) == new[tag] for tag, usual in _TAGS.items())


def nested(path: tuple[str, ...], value: Any) -> Values:
    """Return ``{"a": {"b": value}}`` for the path ``("a", "b")``."""
    for key in reversed(path[1:]):
        value = {key: value}
    return {path[0]: value}
