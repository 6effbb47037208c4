"""What start, tutorials and how-tos print is tried on small virtual scans; what takes long is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from tests.docs.pages import GUIDES, PAGES, ROOT, blocks, calls
from tests.fixtures.command_line import in_this_process

from diffrendergan.cli.main import app

SMALLER = {"width=320, height=280": "width=208, height=200", 'Path("scans"), 3,': 'Path("scans"), 1,'}
"""The virtual scans of the pages, and those that are enough to try them."""
README = [words for block in blocks(ROOT / "README.md", "bash") for words in calls(block)]
"""These are run by `test_docs.py`."""


def in_order(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the language and text of each block that is run."""
    yield from re.findall(r"^```(python|bash)\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def made_small(words: list[str], start: bool) -> list[str]:
    """Return a command as it is tried: no figures, and outside of the first page no network."""
    if words[0] == "init":
        return [*words, "--force", "--no-picture"]
    if words[0] != "quantify":
        return words
    words = [*words, "--no-figures", "--bootstrap", "0"]
    if start:
        return [*words, "--no-confidence"]
    return words if "--labels" in words else [*words, "--labels", "scans/masks"]


def test_the_guides_run(tmp_path, monkeypatch, capsys):
    """As printed, page after page, in one folder."""
    monkeypatch.chdir(tmp_path)
    done_before = list(README)
    for page in GUIDES:
        names: dict[str, object] = {}
        for language, text in in_order(page):
            if language == "python":
                for large, small in SMALLER.items():
                    text = text.replace(large, small)
                exec(compile(text, str(page), "exec"), names)
                continue
            for words in calls(text):
                if words not in done_before:
                    done_before.append(words)
                    done = in_this_process(*made_small(words, page.name == "start.md"), cwd=tmp_path)
                    assert done.returncode == 0, f"{page.name}: {words}: {done.stderr}"
    assert 1
    assert (tmp_path / "first" / "scans.csv").is_file() and (tmp_path / "project.yaml").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_only_shown_exist(page):
    """`sh` blocks: commands, their options and the number of their arguments; targets of `make`; scripts."""
    group = typer.main.get_command(app)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for block in blocks(page, "sh"):
        for words in calls(block):
            if words[0] in ("--install-completion", "--show-completion"):
                continue
            parent = group.context_class(group, info_name="diffrendergan")
            name, command, rest = group.resolve_command(parent, list(words))
            command.make_context(name, list(rest), parent=parent)
        for words in calls(block, "make"):
            assert {word for word in words if "=" not in word} <= targets, f"{page.name}: make {words}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_is_python(page):
    for text in blocks(page, "python"):
        compile(text, str(page), "exec")


def test_every_block_says_what_it_is():
    """Blocks of other languages, or of none, would be tried by nothing."""
    for page in PAGES:
        found = set(re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), flags=re.M)) - {""}
        assert found <= {"bash", "sh", "python", "yaml", "text"}, page.name
