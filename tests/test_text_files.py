"""Text files are UTF-8, whatever the system's locale says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "diffrendergan"
ENCODING_AT = {"read_text": 0, "write_text": 1}
"""Place of the encoding among the arguments."""


def careless_calls(source: str) -> list[int]:
    """Return the lines of calls that read or write text in the system's encoding."""
    return [call.lineno for call in ast.walk(ast.parse(source)) if isinstance(call, ast.Call) and _is_careless(call)]


def _is_careless(call: ast.Call) -> bool:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in named:
        return False
    method = call.func.attr if isinstance(call.func, ast.Attribute) else None
    if method in ENCODING_AT:
        return len(call.args) <= ENCODING_AT[method]
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        return "b" not in _text(call.args[1] if len(call.args) > 1 else named.get("mode"))
    if method == "open":
        owner = call.func.value
        if isinstance(owner, ast.Name) and owner.id in ("Image", "os"):
            return False
        return "b" not in _text(call.args[0] if call.args else named.get("mode"))
    return method in ("run", "Popen", "check_output") and any(name in named for name in ("text", "universal_newlines"))


def _text(mode: ast.expr | None) -> str:
    return mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else "" if mode is None else "b"


@pytest.mark.parametrize(
    "line",
    [
        "p.read_text()",
        "p.write_text(x)",
        "open(p)",
        "open(p, 'w')",
        "p.open()",
        "p.open(mode='a')",
        "a.run(x, text=True)",
    ],
)
def test_careless_calls_are_found(line):
    assert careless_calls(line) == [1]


@pytest.mark.parametrize(
    "line",
    ["p.read_text('utf-8')", "p.write_text(x, encoding='utf-8')", "open(p, 'rb')", "p.open('wb')", "Image.open(p)"],
)
def test_others_are_not(line):
    assert careless_calls(line) == []


def test_the_package_has_none():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 300
    found = [
        f"{file.relative_to(PACKAGE)}:{line}" for file in files for line in careless_calls(file.read_text("utf-8"))
    ]
    assert found == []
