from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.realism.comparison import write_refusal
from diffrendergan.reporting.page.comparison_section import comparison_section

from .test_page import page_of


def test_before_it_is_compared_a_run_says_so(tmp_path: Path) -> None:
    told = comparison_section(tmp_path)
    assert told == {"missing": "Nothing is compared yet: `diffrendergan compare` does that."}


def test_why_nothing_could_be_compared_is_told(tmp_path: Path) -> None:
    write_refusal(tmp_path / "compare", "the real side has 3 patches.")
    assert comparison_section(tmp_path)["missing"] == "Nothing could be compared: the real side has 3 patches."


def test_the_page_shows_the_error_its_interval_and_where_it_looks(finished, project) -> None:  # type: ignore[no-untyped-def]
    html = page_of(project, finished)
    assert "The classifier errs in 12 % of the patches (50 % is guessing): the synthetic patches can be told" in html
    assert "12 % (8–17)" in html and "51 % (44–57)" in html and "0.3 (0.2 to 0.4)" in html
    assert "more noise in class 1 of 6 of brightness (× 2): right in 93 % of the pairs." in html
    assert "noise 14 %, spectrum 30 %" in html and "124 patches of either side" in html
    section = comparison_section(finished)
    assert section["figure"].startswith("<svg") and section["sheet"].startswith("data:image/jpeg")


def test_a_missing_picture_is_named(run: Path) -> None:
    (run / "compare" / "comparison.png").unlink()
    with pytest.raises(RunFolderError, match=r"comparison\.png is missing or broken"):
        comparison_section(run)
