"""Links lead to pages that are there, and to headings on them."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, ROOT


def without_code(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", lambda found: re.sub(r"[\[\]()]", "", found[0]), text)


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as hosts of repositories make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", without_code(page), flags=re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        number = 1
        while anchor in found:
            anchor, number = f"{anchor.removesuffix(f'-{number - 1}')}-{number}", number + 1
        found.add(anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page)):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(place), f"{page.name}: {target}"


def test_the_list_of_outer_links_is_whole():
    script = ROOT / "scripts" / "check-links"
    done = subprocess.run([sys.executable, str(script), "--list"], capture_output=True, encoding="utf-8", check=True)
    listed = done.stdout.split()
    assert "https://doi.org/10.1038/s41524-025-01702-6" in listed and len(listed) == len(set(listed))
    assert all(re.fullmatch(r"https?://[^\s<>()\"]+", link) for link in listed)


def test_what_changed_is_shown_on_two_places():
    """As `CHANGELOG.md` and as docs/changes.md: a path would be right on one of them only."""
    assert '--8<-- "CHANGELOG.md"' in (ROOT / "docs" / "changes.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!http)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")) == []
