"""Texts in tables that programs open which take some for formulas.

Names of scans come from whoever made the files. A spreadsheet takes a cell that begins with one of `FORMULA` for a
formula, in CSV too, and a formula can read other cells or ask the network. An apostrophe before it makes it a text;
this is what OWASP advises against "CSV injection".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of cells that spreadsheets calculate."""
MARK = "'"
"""Before a text that is no formula."""


def plain_cell(value: Any) -> Any:
    """Return a value as it can stand in a table for spreadsheets: numbers as they are, texts never as formulas."""
    return f"{MARK}{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a table with each of its cells so."""
    return {name: plain_cell(value) for name, value in row.items()}
