from __future__ import annotations

import ast
from pathlib import Path

import pytest

import diffrendergan
from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.json_text import parse_json

PACKAGE = Path(diffrendergan.__file__).parent
OWN = {
    "config/load.py": "what this process has written a moment ago",
    "generalist/kinds/model.py": "weights of the package",
    "generalist/magnification/forest.py": "weights of the package",
    "pipeline/benchmark/network.py": "a copy of plain values",
    "pipeline/benchmark/scored.py": "a copy of plain values",
    "pipeline/quantify/together.py": "a copy of plain values",
    "runs/json_text.py": "the one reader",
    "runs/provenance.py": "a copy of plain values",
    "segmentation/nnunet/worker.py": "what the parent process asks for",
    "segmentation/packaged.py": "weights of the package",
    "studio/sheets.py": "what the same page has sent",
}
"""Modules that read JSON which nobody else can have written, and why."""


def test_json_comes_back() -> None:
    assert parse_json('{"a": [1, null, "ü"]}') == {"a": [1, None, "ü"]}
    assert parse_json(b"[]") == []


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000, "[" * 100_000 + "]" * 100_000])
def test_what_is_no_json_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply|Expecting"):
        parse_json(text)


def test_brackets_without_end_in_a_run_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "done.json").write_text("[" * 100_000)
    with pytest.raises(RunFolderError, match=r"done\.json is missing or broken \(its brackets are nested too deeply\)"):
        read_json(tmp_path / "done.json")


def test_json_of_others_has_one_reader() -> None:
    def reads(path: Path) -> bool:
        calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        return any(ast.unparse(call) in ("json.loads", "json.load") for call in calls)

    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if reads(path)}
    assert found == set(OWN)
