from __future__ import annotations

from pathlib import Path

from diffrendergan.quantification.particles import COLUMNS
from diffrendergan.quantification.scan_table import SIZE_COLUMNS
from diffrendergan.quantification.standards import STANDARDS, table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "quantification.md"


def test_every_name_is_that_of_a_column() -> None:
    known = {column.stem for column in (*COLUMNS, *SIZE_COLUMNS)}
    named = [name for row in STANDARDS for name in row.column.split(", ") if name != "…"]
    assert [name for name in named if name not in known] == [] and len(set(named)) == len(named)


def test_the_page_shows_the_table() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")
