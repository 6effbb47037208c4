"""Fields of the configuration as YAML, each with its description and what was measured."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from diffrendergan.config.base import Section
from diffrendergan.config.yaml_text import dump_yaml


def section_lines(
    name: str, section: Section, given: Mapping[str, Any], remarks: Mapping[str, str], always: Sequence[str]
) -> list[str]:
    """Return a section with the fields that are always written, and those that are given.

    Parameters
    ----------
    name : str
        Its name in the configuration.
    section : Section
        Holds the values of fields that are not given.
    given : mapping
        Values by field.
    remarks : mapping
        What was measured, by section and field.
    always : sequence of str
        Fields that come first, unless they hold nothing.
    """
    lines = [f"{name}:"]
    for key in (*always, *(key for key in given if key not in always)):
        value = given[key] if key in given else _plain(getattr(section, key))
        if value is None:
            continue
        lines += entry_lines(type(section), key, value, "  ", remarks, name)
    return lines


def entry_lines(
    model: type[BaseModel], key: str, value: Any, indent: str, remarks: Mapping[str, str], section: str = ""
) -> list[str]:
    """Return a field with its description, what was measured, and its value."""
    description = (model.model_fields[key].description or "").strip()
    remark = remarks.get(f"{section}.{key}", "")
    lines = comment_lines(description, indent) if description else []
    lines += comment_lines(f"({remark})", indent) if remark else []
    flow = _flow(value)
    return [*lines, f"{indent}{key}: {flow}"]


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return dump_yaml({"value": value}).removeprefix("value: ").rstrip("\n")


def _plain(value: Any) -> Any:
    return (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else str(value)
        if isinstance(value, Path)
        else value
    )


def comment_lines(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of comment."""
    return [f"{indent}# {line}" for line in textwrap.wrap(" ".join(text.split()), 116 - len(indent))]
