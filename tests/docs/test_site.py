"""The site is built without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

pytest.importorskip("zensical", reason="the extra `docs` is not installed")

LOADED = r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=["']?(https?:)?//|"""
LOADED += r"""<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon))[^>]*\bhref=["']?(https?:)?//"""
"""What a browser fetches by itself, from another address."""
FETCHES = ("mermaid", "glightbox", "pyodide", "language-geojson", "iframe-worker")
"""Marks in pages by which the theme's script would fetch a program from elsewhere."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "docs", folder / "docs")
    (folder / "src").symlink_to(ROOT / "src")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", "mkdocs.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr
    return folder / "site"


def test_every_page_is_there_and_in_the_menu(site):
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    for page in (ROOT / "docs").rglob("*.md"):
        place = page.relative_to(ROOT / "docs").as_posix()
        # Decisions are listed on their own first page.
        assert place in menu or page.parent.name == "decisions", f"{place} is not in the menu of mkdocs.yml"
        name = place.removesuffix(".md").replace("README", "index")
        assert (site / f"{name}.html").is_file(), place


def test_nothing_is_loaded_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(LOADED, text), page.name
        assert not any(f'class="{mark}' in text or f"{mark}@" in text for mark in FETCHES), page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", sheet.read_text(encoding="utf-8")), sheet.name


def test_equations_and_the_api_are_drawn(site):
    method = (site / "method.html").read_text(encoding="utf-8")
    assert method.count("<math") > 50 and "$$" not in method
    assert not re.search(r"<m[ion][^>]*>\\", method), "an equation has a command that is not understood"
    api = (site / "api.html").read_text(encoding="utf-8")
    import diffrendergan

    for name in set(diffrendergan.__all__) - {"__version__"}:
        assert f'id="diffrendergan.api.{name}"' in api, f"docs/api.md lacks {name}"
    assert "as the command <code>init</code> does" in api
