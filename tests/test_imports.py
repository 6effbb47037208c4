"""How the modules of the package hang together, and on which systems they import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import networkx as nx

PACKAGE = Path(__file__).parents[1] / "src" / "diffrendergan"

POSIX_ONLY = ("fcntl", "resource", "grp", "termios", "tty", "pty", "syslog", "readline", "spwd", "crypt")
"""Modules that Windows has not; `pwd` is none either, but libraries ask for it wherever `os.name` is posix."""

IMPORT_ALL = f"""
import gc, importlib, pkgutil, sys

gc.disable()  # all that is imported stays
for name in {POSIX_ONLY!r}:
    sys.modules[name] = None  # an import of it raises ModuleNotFoundError, as on Windows
import diffrendergan

failed = []
for found in pkgutil.walk_packages(diffrendergan.__path__, "diffrendergan."):
    if not found.name.endswith("__main__"):
        try:
            importlib.import_module(found.name)
        except ImportError as error:
            failed.append(f"{{found.name}}: {{error}}")
print("FAILED", *failed, sep="\\n")
"""


def test_no_circles() -> None:
    """Nor by imports inside functions: whoever needs one has put something into the wrong file."""
    modules = grimp.build_graph("diffrendergan", cache_dir=None)
    graph = nx.DiGraph(
        (module, imported)
        for module in modules.modules
        for imported in modules.find_modules_directly_imported_by(module)
    )
    assert graph.number_of_edges() > 500
    assert [sorted(circle) for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []


def test_all_modules_import_without_what_posix_alone_has() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True)
    assert done.stdout.partition("FAILED")[2].split() == []


def test_text_files_are_read_and_written_in_utf_8() -> None:
    """Windows takes the code page of the country otherwise."""
    found = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in _text_calls(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_module_imports_what_posix_alone_has_at_its_top() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _imported(statement)
        if name.partition(".")[0] in (*POSIX_ONLY, "pwd", "posix")
    ]
    assert found == []


def _imported(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    return [statement.module or ""] if isinstance(statement, ast.ImportFrom) else []


def _text_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls of `read_text()`, `write_text()`, `open()` in text mode that name no encoding."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or any(keyword.arg == "encoding" for keyword in call.keywords):
            continue
        if not isinstance(call.func, ast.Attribute):  # our own `write_text` is no method, and always writes UTF-8
            continue
        name, count = call.func.attr, len(call.args)
        mode = call.args[0].value if count and isinstance(call.args[0], ast.Constant) else None
        opens_text = name == "open" and (count == 0 or mode in ("r", "w", "a", "x", "r+"))
        if opens_text or (name == "read_text" and count == 0) or (name == "write_text" and count == 1):
            yield call
