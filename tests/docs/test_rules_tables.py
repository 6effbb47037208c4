"""The pages show the rules as they are, each with a reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("rules_tables", Path(__file__).with_name("rules_tables.py"))
assert _SPEC is not None and _SPEC.loader is not None
rules_tables = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(rules_tables)

CLASSES = [(page, *one) for page, classes in rules_tables.TABLES.items() for one in classes]


@pytest.mark.parametrize(("page", "room", "name"), CLASSES)
def test_the_page_shows_the_rules(page: str, room: str, name: str) -> None:
    shown = (rules_tables.ROOT / page).read_text(encoding="utf-8")
    assert rules_tables.table(room, name) in shown, "run `python tests/docs/rules_tables.py`"


@pytest.mark.parametrize(("page", "room", "name"), CLASSES)
def test_every_rule_is_explained(page: str, room: str, name: str) -> None:
    rows = rules_tables.explained(room, name)
    assert len(rows) >= 5
    assert [rule for rule, _, words in rows if len(words) < 12] == []
