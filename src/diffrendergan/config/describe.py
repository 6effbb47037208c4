"""What a field of the configuration takes, in words, read off its type."""

from __future__ import annotations

import types
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from diffrendergan.config.base import MOST, MOST_SEED, Learned, Section

_BOUNDS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}


def takes(annotation: Any, constraints: Iterable[Any] = ()) -> str:
    """Return what values a type takes, for example ``a number above 0``.

    Parameters
    ----------
    annotation : type
        A field's type; ``Annotated`` layers are looked into.
    constraints : iterable
        Bounds that belong to it (`annotated_types` objects, as in `FieldInfo.metadata`).
    """
    constraints = list(constraints)
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        constraints += more
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        parts = [takes(part, constraints) for part in arguments]
        return (", or " if any(", " in part for part in parts[:-1]) else " or ").join(parts)
    if origin is Literal:
        return _choices([str(choice) for choice in arguments])
    if origin is tuple:
        return _tuple(arguments)
    if origin is dict:
        return "settings by their names"
    if annotation is type(None):
        return "null"
    if annotation is Learned:
        return "{learn: [low, high]}"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return f"a section with the keys {', '.join(annotation.model_fields)}"
    return _PLAIN.get(annotation, "another kind of value") + _bounds(constraints)


def _choices(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def _tuple(arguments: tuple[Any, ...]) -> str:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"a list, each {takes(arguments[0])}"
    return f"a list of {len(arguments)}, each {takes(arguments[0])}"


def _bounds(constraints: Iterable[Any]) -> str:
    found: dict[str, Any] = {}
    for constraint in constraints:
        # `Field(ge=0)` inside a nested Annotated stays a FieldInfo that carries the bounds.
        for part in constraint.metadata if isinstance(constraint, FieldInfo) else (constraint,):
            found |= {name: getattr(part, name) for name, _ in _BOUNDS if getattr(part, name, None) is not None}
    if found.get("le") in (MOST, MOST_SEED):
        del found["le"]  # no bound that anybody would meet, but by mistake
    if found.get("ge") is not None and found.get("le") is not None:
        return f" from {found['ge']} to {found['le']}"
    words = [f"{word} {found[name]}" for name, word in _BOUNDS if name in found]
    return f" {' and '.join(words)}" if words else ""
