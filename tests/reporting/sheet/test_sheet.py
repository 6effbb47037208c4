"""The page and the PDF of the data sheet; what stands on it is tried in tests/pipeline/quantify/test_sheet.py."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.sheet.curves import draw_curves
from diffrendergan.reporting.sheet.page import sheet_page
from diffrendergan.reporting.sheet.paper import FOOTER_IN, HEIGHT_IN, sheet_figure, write_pdf
from diffrendergan.reporting.sheet.sheet import Sheet, Table, needed_table, shapes_table, sizes_table, twins_table
from diffrendergan.sizes.sizes import Sizes, analyse_sizes
from diffrendergan.twins.results import Corrected, TwinResult


def sizes_of(values: np.ndarray, draws: int = 20) -> Sizes:
    return analyse_sizes(values, np.ones(len(values)), "nm", draws, 0)


def sheet_of(sizes: Sizes, example: Path | None = None) -> Sheet:
    return Sheet(
        "a <sample>", "nm", (("scans", "2: a, b"), ("cost", "$5 & more$")), sizes_table(sizes),
        Table(("shape", "symbol", "10 %", "50 %", "90 %"), (("solidity", "A/A_C", ".8", ".9", "1"),), "Of some."),
        needed_table(sizes), ("One sentence.", "Another one."), "footer", sizes, example, "a",
    )  # fmt: skip


def corrected(name: str, found: float, true: float) -> Corrected:
    return Corrected(name, found, true, found / true - 1, 0.9 * true, 1.1 * true, 0.95 * true, 1.05 * true)


def test_figures_that_twins_correct_stand_beside_those_found() -> None:
    figures = (corrected("number", 1180, 1300), corrected("density_corrected_per_um2", 3.1, 3.4),
               corrected("d50_nm", 52, 50), corrected("coverage", 0.31, 0.3))  # fmt: skip
    table = twins_table(TwinResult("nm", 24, ("a",), "", figures))
    assert table.rows == (
        ("particles, border corrected", "1,180", "1,300 [1,170, 1,430]"),
        ("d50", "52", "50 [45, 55]"),
        ("covered", "31 %", "30 % [27 %, 33 %]"),
    )
    assert "24 images" in table.note
    nothing = twins_table(TwinResult("nm", why_not="Too few particles; so nothing is corrected."))
    assert nothing.rows == () and nothing.note.startswith("Too few")


@pytest.fixture(scope="module")
def some() -> Sizes:
    return sizes_of(np.random.default_rng(0).lognormal(4, 0.3, 300))


def test_the_page_fetches_nothing_and_says_all(some: Sizes, tmp_path: Path) -> None:
    Image.new("RGB", (400, 300), "navy").save(tmp_path / "a.png")
    sheet = sheet_of(some, tmp_path / "a.png")
    page = sheet_page(sheet)
    assert page == sheet_page(sheet)
    assert not re.search(r"https?://|url\((?!#)", page) and page.count("data:image/jpeg;base64,") == 1
    assert "a &lt;sample&gt;" in page and "<script" not in page
    for table in (sheet.sizes, sheet.shapes, sheet.needed):
        assert all(cell in page for row in table.rows for cell in row)
    assert "<figure>" not in sheet_page(sheet_of(some))


def test_the_pdf_is_one_page_that_holds_all_its_words(some: Sizes, tmp_path: Path) -> None:
    Image.new("RGB", (300, 400), "navy").save(tmp_path / "a.png")
    sheet = sheet_of(some, tmp_path / "a.png")
    write_pdf(tmp_path / "one.pdf", sheet)
    write_pdf(tmp_path / "two.pdf", sheet)
    content = (tmp_path / "one.pdf").read_bytes()
    assert content == (tmp_path / "two.pdf").read_bytes() and len(re.findall(rb"/Type /Page\b", content)) == 1
    figure = sheet_figure(sheet)
    figure.draw_without_rendering()
    for text in figure.texts:
        place = text.get_window_extent()
        assert place.x0 >= 0 and place.x1 <= figure.bbox.width and place.y0 >= 0, text.get_text()


@pytest.mark.parametrize("twins", [False, True])
def test_much_to_say_stays_on_the_page(some: Sizes, tmp_path: Path, twins: bool) -> None:
    Image.new("RGB", (300, 400), "navy").save(tmp_path / "a.png")
    long = " ".join(f"word{number}" for number in range(60))
    sheet = replace(
        sheet_of(some, tmp_path / "a.png"),
        title=long,
        facts=tuple((f"fact {number}", long) for number in range(10)),
        left_out=(long,) * 6,
        twins=Table(("by twins", "as found", "corrected"), (("mean", "1", "2 [3, 4]"),) * 6, long) if twins else None,
    )
    figure = sheet_figure(sheet)
    figure.draw_without_rendering()
    footer = 1 - FOOTER_IN / HEIGHT_IN
    for text in figure.texts:
        place = text.get_window_extent().transformed(figure.transFigure.inverted())
        assert place.x1 <= 1 and (place.y0 >= footer or text.get_text() in sheet.footer), text.get_text()
    assert any("More is in" in text.get_text() for text in figure.texts)
    assert all(long in page for page in (sheet_page(sheet),))


def test_a_picture_that_is_gone_is_named(some: Sizes, tmp_path: Path) -> None:
    for draw in (sheet_page, sheet_figure):
        with pytest.raises(RunFolderError, match=r"gone\.png is missing"):
            draw(sheet_of(some, tmp_path / "gone.png"))


def test_curves_end_at_one_and_densities_have_the_area_one(some: Sizes) -> None:
    broad = sizes_of(np.random.default_rng(1).lognormal(4, 1.0, 300), 0)
    for sizes, logarithmic in ((some, False), (broad, True)):
        cumulative, density = Figure().subplots(1, 2)
        draw_curves(cumulative, density, sizes)
        assert [line.get_ydata()[-1] for line in cumulative.lines[::2]] == pytest.approx([1, 1])
        for patch in density.patches:
            heights, edges, _ = patch.get_data()
            steps = np.diff(np.log(edges) if logarithmic else edges)
            assert (heights * steps).sum() == pytest.approx(1)
        assert (cumulative.get_xscale() == "log") == logarithmic


def test_nothing_to_measure_is_no_error(tmp_path: Path) -> None:
    none = sizes_of(np.zeros(0))
    assert sizes_table(none).rows[0][1:] == ("–", "–", "–")
    assert needed_table(none).note == "Too few particles to tell."
    shapes = shapes_table({row: np.zeros(0) for row in SHAPES}, np.zeros(0), "px", 1)
    assert shapes.rows[0][2:] == ("–", "–", "–") and "1 narrower one is left out" in shapes.note
    write_pdf(tmp_path / "none.pdf", sheet_of(none))
    assert "no whole particles" in sheet_page(sheet_of(none))


SHAPES = ("feret_max", "feret_min", "perimeter_diameter", "feret_ratio", "ellipse_ratio", "circularity", "roundness",
          "compactness", "extent", "solidity", "convexity")  # fmt: skip
