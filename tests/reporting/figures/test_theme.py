import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import diffrendergan
from diffrendergan.reporting.figures.theme import (
    BLUE,
    DARK,
    LIGHT,
    PAGE,
    SERIES,
    STYLE,
    inline_svg,
    make_logarithmic,
)


def line(colour: str = BLUE) -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([1, 3, 2], "o-", color=colour, clip_on=True)
    return figure


def luminance(colour: str) -> float:
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_figure_becomes_one_element_without_addresses():
    svg = inline_svg(line(), "line", 'three "points" & a line')
    assert svg.startswith("<svg ") and svg.endswith("</svg>")
    assert "://" not in svg and "xlink" not in svg and "<metadata" not in svg
    assert 'aria-label="' in svg or "aria-label='" in svg
    assert "&amp;" in svg


def test_identifiers_are_the_figures_own_and_all_references_resolve():
    svg = inline_svg(line(), "line", "")
    identifiers = re.findall(r'\bid="([^"]+)"', svg)
    assert identifiers and all(name.startswith("line-") for name in identifiers)
    references = re.findall(r'(?:url\(#|href="#)([^")]+)', svg)
    assert references and set(references) <= set(identifiers)


def test_colours_follow_the_theme():
    svg = inline_svg(line(), "line", "")
    assert "var(--blue)" in svg
    assert not any(colour in svg for colour in LIGHT.values())


def test_equal_figures_give_equal_text():
    assert inline_svg(line(), "line", "") == inline_svg(line(), "line", "")


def test_nothing_global_changes():
    before = dict(mpl.rcParams)
    inline_svg(line(), "line", "")
    assert dict(mpl.rcParams) == before


def test_both_themes_name_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    assert len(set(SERIES)) == len(SERIES)


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_text_can_be_read(theme, colours):
    for ground in ("page", "card", "marked"):
        assert contrast(colours["ink"], PAGE[theme][ground]) > 7
        assert contrast(colours["muted"], PAGE[theme][ground]) > 4.5
    assert contrast(PAGE[theme]["link"], PAGE[theme]["page"]) > 4.5


@pytest.mark.parametrize("limits", [(0.002, 30.0), (20.0, 70.0), (90.0, 4e5)])
def test_logarithmic_axes_have_numbers_and_no_formulas(limits: tuple[float, float]) -> None:
    figure = Figure()
    axes = figure.subplots()
    with mpl.rc_context(STYLE):
        axes.plot([1, 2], limits)
        make_logarithmic(axes, "y")
        axes.set_ylim(*limits)
        figure.draw_without_rendering()
    ticks = [*axes.yaxis.get_major_ticks(), *axes.yaxis.get_minor_ticks()]
    shown = {tick.label1.get_text() for tick in ticks if limits[0] <= tick.get_loc() <= limits[1]} - {""}
    assert len(shown) >= 2
    assert all(limits[0] <= float(label) <= limits[1] for label in shown)


def test_nothing_else_makes_axes_logarithmic() -> None:
    package = Path(diffrendergan.__file__).parent
    found = [path.name for path in package.rglob("*.py") if re.search(r'scale\w*\W{1,2}"log"', path.read_text())]
    assert found == ["theme.py"]
