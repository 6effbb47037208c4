"""YAML as people mean it: duplicate keys are refused, and only true/false/null/numbers are not text."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Hashable, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.representer import SafeRepresenter
from ruamel.yaml.resolver import VersionedResolver

from diffrendergan.errors import ConfigError, first_line

_Rules = dict[str, list[tuple[str, re.Pattern[str]]]]

MOST_VALUES = 100_000
"""A text means at most so many values, each use of an alias counted: ten lines can stand for more than memory holds."""

_TAG = "tag:yaml.org,2002:"


def _rules(*entries: tuple[str, str, Sequence[str]]) -> _Rules:
    """Return what a scalar may be, by its first character."""
    rules: _Rules = {}
    for tag, pattern, first in entries:
        for character in first:
            rules.setdefault(character, []).append((f"{_TAG}{tag}", re.compile(pattern)))
    return rules


# The core schema of YAML 1.2, but without its `0x10` and `0o7`, and without digits after a leading zero: a name such
# as 0012 stays text, and a float needs a point or an exponent.
_CORE_SCHEMA: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+.0123456789",
    ),
    ("merge", r"^<<$", "<"),
)
# Quotes keep names such as 0012 text for readers of YAML 1.1 too.
_LEADING_ZERO = ("int", r"^[-+]?0[0-9]+$", "-+0")
# Text that needs no quotes unless it reads as something else, which the emitter checks by the rules above.
_PLAIN = re.compile(r"^[\w./~+-](?:[\w./~+%@()=*-]|[ ,](?=[\w./~+]))*$")


class _Reading(VersionedResolver):
    """Tells plain scalars apart, whatever version a `%YAML` line asks for."""

    versioned_resolver = _rules(*_CORE_SCHEMA)
    processing_version = (1, 2)


class _Writing(_Reading):
    versioned_resolver = _rules(*_CORE_SCHEMA, _LEADING_ZERO)


class _Constructor(SafeConstructor):
    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        self.flatten_mapping(node)
        merged = getattr(node, "merge", None) or []  # keys laid under the mapping's own, which may repeat them
        seen: dict[object, int] = {}
        for key_node, _ in node.value[len(merged) :]:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise ConstructorError(None, None, "a list or a section is no key", key_node.start_mark)
            if key in seen:
                problem = f"the key `{key}` appears twice, first in line {seen[key]}"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            seen[key] = key_node.start_mark.line + 1
        return super().construct_mapping(node, deep)


class _Representer(SafeRepresenter):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> Any:
        # ruamel writes `?*a` or `a\\nb` such that it cannot read them again: what is not plainly plain is quoted.
        style = None if _PLAIN.match(data) else "'" if data.isprintable() else '"'
        return self.represent_scalar(f"{_TAG}str", data, style=style)

    def represent_list(self, data: Any) -> Any:
        flat = not any(isinstance(item, list | tuple | dict) for item in data)
        return self.represent_sequence(f"{_TAG}seq", data, flow_style=flat)


class _Emitter(Emitter):
    """Breaks lists at the width, never a text."""

    best_width: int

    def process_scalar(self) -> None:
        width, self.best_width = self.best_width, sys.maxsize
        super().process_scalar()
        self.best_width = width


_Representer.add_representer(str, _Representer.represent_str)
_Representer.add_representer(list, _Representer.represent_list)
_Representer.add_representer(tuple, _Representer.represent_list)


def _yaml(resolver: type[VersionedResolver]) -> YAML:
    """Return a reader and writer of plain values; tags of objects have no constructor in it."""
    yaml = YAML(typ="safe", pure=True, plug_ins=[])
    yaml.Resolver = resolver
    yaml.Constructor = _Constructor
    yaml.Representer = _Representer
    yaml.Emitter = _Emitter
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 120
    return yaml


def parse_yaml(text: str, where: str) -> Any:
    """Return the plain values of a YAML text.

    Parameters
    ----------
    text : str
        One YAML document.
    where : str
        What the text is, for the message: a file's path, or an option.

    Raises
    ------
    ConfigError
        If the text is no YAML, or a key appears twice; the message gives line and column.
    """
    try:
        return deepcopy(_parsed(text))
    except _TooManyError as error:
        raise ConfigError(f"{where} {error}; write out what it means.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = ", ".join(part for part in (error.context, error.problem) if part) or "it is no YAML"
        raise ConfigError(f"{where}{place}: {problem}; correct it there.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is no YAML text ({first_line(error)}); correct it.") from error


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    """Return the values of a text, to be copied: presets and recorded configurations are read again and again."""
    values = _yaml(_Reading).load(text)
    if _count(values, {}, set()) > MOST_VALUES:
        raise _TooManyError(f"stands for more than {MOST_VALUES:,} values, by its aliases")
    return values


class _TooManyError(Exception):
    """A text means more than it says."""


def _count(value: Any, known: dict[int, int], within: set[int]) -> int:
    """Return how many values there are, those of aliases as often as they are used."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) in within:
        raise _TooManyError("refers to itself by an alias")
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(part, known, within | {id(value)}) for part in parts)
    return known[id(value)]


def dump_yaml(value: Any) -> str:
    """Return plain values as YAML, keys in their order, lists of plain values on one line."""
    stream = io.StringIO()
    _yaml(_Writing).dump(value, stream)
    return stream.getvalue()
