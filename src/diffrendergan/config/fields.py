"""All fields of the configuration, read off the types of its sections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from diffrendergan.config.base import NO_RESULT, Section
from diffrendergan.config.project import Project


@dataclass(frozen=True)
class ConfigField:
    """A field that is no section."""

    names: tuple[str, ...]
    """Those of its sections, and last its own."""
    is_path: bool
    changes_no_result: bool
    """By itself: of a path, only what lies there can change one."""

    @property
    def dotted(self) -> str:
        """Its name as ``section.field``."""
        return ".".join(self.names)


@cache
def all_fields() -> tuple[ConfigField, ...]:
    """Return the fields of `Project`, each once; of a section that may be one of several, those of all."""
    return tuple(dict.fromkeys(_fields(Project, ())))


@cache
def without_result() -> tuple[str, ...]:
    """Return the dotted names of the fields that change no result: where things lie, and what is marked so."""
    return tuple(field.dotted for field in all_fields() if field.is_path or field.changes_no_result)


def _fields(section: type[Section], above: tuple[str, ...]) -> Iterator[ConfigField]:
    for name, info in section.model_fields.items():
        names = (*above, name)
        parts = list(_parts(info.annotation))
        sections = [part for part in parts if isinstance(part, type) and issubclass(part, Section)]
        for inner in sections:
            yield from _fields(inner, names)
        if len(sections) < len(parts):
            marked = NO_RESULT in info.metadata or NO_RESULT in parts
            yield ConfigField(names, Path in parts, marked)


def _parts(annotation: Any) -> Iterator[Any]:
    """Return the types and markers that a type is put together of, those of containers left aside."""
    if isinstance(annotation, type) or not (arguments := get_args(annotation)):
        yield annotation
    elif getattr(annotation, "__origin__", None) is tuple:
        yield tuple
    else:
        for argument in arguments:
            yield from _parts(argument)
