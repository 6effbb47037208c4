"""The data sheet as one HTML file that fetches nothing."""

from __future__ import annotations

from markupsafe import Markup

from diffrendergan.reporting.figures.pictures import file_jpeg
from diffrendergan.reporting.figures.theme import LIGHT, PAGE, css_variables, inline_svg
from diffrendergan.reporting.sheet.curves import curves_figure
from diffrendergan.reporting.sheet.sheet import TITLE_PX, Sheet
from diffrendergan.reporting.templating import filled, style_sheet

TEMPLATE, STYLE_SHEET = "datasheet.html.j2", "datasheet.css"
EDGE_PX, BYTES = 900, 200_000
"""Longest edge of the example picture, and its size before its encoding as text adds a third."""


def sheet_page(sheet: Sheet) -> str:
    """Return the sheet as a page; equal sheets give equal pages.

    Raises
    ------
    RunFolderError
        If the picture of the example is broken.
    """
    curves = inline_svg(curves_figure(sheet.measured), "curves", "Cumulative and density curves of the diameters")
    picture = None if sheet.example is None else file_jpeg(sheet.example, EDGE_PX, BYTES, TITLE_PX)
    return filled(TEMPLATE, {"sheet": sheet, "curves": Markup(curves), "picture": picture, "style": _style()})


def _style() -> Markup:
    sheet = style_sheet(STYLE_SHEET)
    return Markup(f":root {{ {css_variables({**PAGE['light'], **LIGHT})} }}\n{sheet}")
