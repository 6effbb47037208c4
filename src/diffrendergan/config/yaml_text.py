"""YAML as people mean it: duplicate keys are refused, and only true/false/null/numbers are not text."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from diffrendergan.errors import ConfigError

# The core schema of YAML 1.2. PyYAML's own (1.1) reads `1e-4` as text, `no` as false, `012` as ten, `1:30` as ninety.
_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        # A point or an exponent is needed: a name such as 0012 stays text.
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
    ("tag:yaml.org,2002:merge", r"^<<$", ["<"]),
)
_LEADING_ZERO = re.compile(r"^[-+]?0[0-9]+$")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[object, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key}` appears twice, first in line {seen[key]}", key_node.start_mark
                )
            if isinstance(key, Hashable):
                seen[key] = line
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_sequence(dumper: yaml.SafeDumper, value: list[Any] | tuple[Any, ...]) -> yaml.Node:
    flat = not any(isinstance(item, list | tuple | dict) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


for _tag, _pattern, _first in _CORE_SCHEMA:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, re.compile(_pattern), _first)
# Quotes keep names such as 0012 text for readers of YAML 1.1 too.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", _LEADING_ZERO, list("-+0"))
_Dumper.add_representer(list, _represent_sequence)
_Dumper.add_representer(tuple, _represent_sequence)


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
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = ", ".join(part for part in (error.context, error.problem) if part) or "it is no YAML"
        raise ConfigError(f"{where}{place}: {problem}; correct it there.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is no YAML text ({str(error).splitlines()[0]}); correct it.") from error


def dump_yaml(value: Any) -> str:
    """Return plain values as YAML, keys in their order, lists of plain values on one line."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
