"""Values of JSON that carry their own checksum, for files that grow or change while a command works.

Finished results are sealed by a file beside them (`runs.seal`), which a kill between the two would leave wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.json_text import parse_json

SUM = "checksum"
_LENGTH = 16
"""Digits of the checksum: enough for accidents."""


def with_sum(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values with their checksum."""
    return {**values, SUM: _sum(values)}


def without_sum(values: Any) -> dict[str, Any] | None:
    """Return what was given to `with_sum`; None if it has changed since.

    Values without a checksum, which earlier versions wrote, are taken as they are.
    """
    if not isinstance(values, dict):
        return None
    rest = {name: value for name, value in values.items() if name != SUM}
    return rest if SUM not in values or values[SUM] == _sum(rest) else None


def whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the values of a file of one JSON value a line, without their checksums, and how many lines changed since.

    Changed lines are left out, and so is a last one that a killed process did not finish, which does not count.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    found = [_read(line) for line in lines]
    return [values for values in found if values is not None], found[:-1].count(None)


def _read(line: str) -> dict[str, Any] | None:
    try:
        return without_sum(parse_json(line))
    except ValueError:
        return None


def _sum(values: Mapping[str, Any]) -> str:
    return sha256_of(json.dumps(values, sort_keys=True).encode())[:_LENGTH]
