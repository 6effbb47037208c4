"""The data sheet as a PDF of one page, A4."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from diffrendergan.reporting.figures.drawing import styled
from diffrendergan.reporting.figures.pictures import read_picture
from diffrendergan.reporting.figures.theme import GRID, INK, MUTED, STYLE
from diffrendergan.reporting.sheet.curves import draw_curves
from diffrendergan.reporting.sheet.sheet import TITLE_PX, Sheet, Table
from diffrendergan.runs.atomic import atomic_path

WIDTH_IN, HEIGHT_IN = 8.27, 11.69
LEFT, RIGHT = 0.6, 7.67
"""Margins [inch from the left]."""
SIZE, SMALL = 8.0, 7.0
"""Of the letters [pt]."""
LINE_IN = 0.162
SMALL_LINE_IN = LINE_IN * SMALL / SIZE
FOOTER_IN = HEIGHT_IN - 0.7
"""Where the footer begins [inch from the top]."""
FACT_LINES = 2
"""Longer facts are cut: the page shows them whole."""
MOST_LINES = 12
"""Where twins need room below facts of more lines, each has one."""
PICTURE_IN, TALLEST_IN = 2.35, 2.5
PICTURE_PX = 1000
CURVES_IN, LOWEST_IN = 1.75, 0.85
"""Height of the curves, and how low they may be to make room."""
WIDE, HALF, FACTS = 118, 46, 52
"""Letters that fit into a line: of the page, of half of it, beside the picture."""
TRUETYPE = 42
"""How letters are embedded: programs for drawing can change a text of this kind, and cannot one of outlines."""


def write_pdf(path: Path, sheet: Sheet) -> None:
    """Write the sheet as PDF, atomically; equal sheets give equal files.

    Raises
    ------
    RunFolderError
        If the picture of the example is broken, or the file cannot be written.
    """
    figure = sheet_figure(sheet)
    with mpl.rc_context({**STYLE, "pdf.fonttype": TRUETYPE}), atomic_path(path) as temporary:
        figure.savefig(temporary, format="pdf", facecolor="white", metadata={"CreationDate": None, "Producer": None})


@styled
def sheet_figure(sheet: Sheet) -> Figure:
    """Draw the sheet as a figure of the size of a page."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    _write(figure, LEFT, 0.5, "PARTICLE SIZES · DATA SHEET", SMALL, MUTED)
    _write(figure, LEFT, 0.72, textwrap.shorten(sheet.title, 60, placeholder=" …"), 15, weight="bold")
    top = 1.08
    below = _facts(figure, sheet, top)
    usual = picture = _picture(figure, sheet, top)
    if sheet.twins is not None:
        usual = max(below, picture)
        right = RIGHT if sheet.example is None else RIGHT - PICTURE_IN - 0.25
        below = _table(figure, sheet.twins, below + 0.08, LEFT, right, (0.3, 0.25, 0.45), FACTS + 14)
    below = max(below, picture) + 0.12
    # What twins say takes its room from the curves.
    height = max(CURVES_IN - max(below - 0.12 - usual, 0), LOWEST_IN) if sheet.twins is not None else CURVES_IN
    below = _table(figure, sheet.sizes, below, LEFT, RIGHT, (0.37, 0.21, 0.21, 0.21), WIDE) + 0.12
    below = _curves(figure, sheet, below, height) + 0.2
    middle = LEFT + 0.63 * (RIGHT - LEFT)
    _table(figure, sheet.shapes, below, LEFT, middle - 0.25, (0.45, 0.25, 0.1, 0.1, 0.1), 66)
    beside = _table(figure, sheet.needed, below, middle, RIGHT, (0.36, 0.14, 0.5), HALF)
    beside += 0.16
    _write(figure, middle, beside, "Left out, and counted though doubtful", SIZE, weight="bold")
    beside += LINE_IN + 0.03
    _left_out(figure, sheet.left_out, middle, beside)
    _rule(figure, LEFT, RIGHT, FOOTER_IN, GRID)
    _paragraph(figure, LEFT, FOOTER_IN + 0.05, sheet.footer, WIDE, MUTED)
    return figure


def _left_out(figure: Figure, sentences: Sequence[str], left: float, top: float) -> None:
    """Write as many sentences as there is room for, and say where the others are."""
    for place, sentence in enumerate(sentences):
        lines = len(textwrap.wrap(sentence, HALF))
        room = (FOOTER_IN - top) / SMALL_LINE_IN - (place < len(sentences) - 1)
        if lines > room:
            _paragraph(figure, left, top, "More is in datasheet.html and summary.json.", HALF)
            return
        top = _paragraph(figure, left, top, sentence, HALF) + 0.03


def _facts(figure: Figure, sheet: Sheet, top: float) -> float:
    width = FACTS if sheet.example is not None else WIDE - 24
    most = FACT_LINES
    if sheet.twins is not None and sum(len(textwrap.wrap(value, width)) for _, value in sheet.facts) > MOST_LINES:
        most = 1
    for name, value in sheet.facts:
        _write(figure, LEFT, top, name, SIZE, MUTED)
        for line in textwrap.wrap(value, width, max_lines=most, placeholder=" …") or [""]:
            _write(figure, LEFT + 1.35, top, line, SIZE)
            top += LINE_IN
        top += 0.025
    return top


def _picture(figure: Figure, sheet: Sheet, top: float) -> float:
    """Place the example at the upper right, and say what it is; return where it ends."""
    if sheet.example is None:
        return top
    shown = read_picture(sheet.example, TITLE_PX)
    shown.thumbnail((PICTURE_PX, PICTURE_PX))
    picture = np.asarray(shown)
    width = min(PICTURE_IN, TALLEST_IN * picture.shape[1] / picture.shape[0])
    height = width * picture.shape[0] / picture.shape[1]
    axes = figure.add_axes(_place(RIGHT - width, top, width, height))
    axes.imshow(picture, interpolation="antialiased", aspect="auto")
    axes.set_axis_off()
    words = f"{sheet.example_name}: each particle in a colour, those that the border cuts in yellow stripes"
    return _paragraph(figure, RIGHT - PICTURE_IN, top + height + 0.05, words, 44, MUTED)


def _curves(figure: Figure, sheet: Sheet, top: float, height: float) -> float:
    """Draw both curves; return where their labels end."""
    width = 2.95
    left = figure.add_axes(_place(LEFT + 0.45, top + 0.08, width, height))
    right = figure.add_axes(_place(RIGHT - width, top + 0.08, width, height))
    draw_curves(left, right, sheet.measured)
    for axes in (left, right):
        axes.tick_params(labelsize=SMALL)
        axes.xaxis.label.set_fontsize(SIZE)
        axes.yaxis.label.set_fontsize(SIZE)
        if (legend := axes.get_legend()) is not None:
            for text in legend.get_texts():
                text.set_fontsize(SMALL)
    return top + height + 0.45


def _table(
    figure: Figure, table: Table, top: float, left: float, right: float, shares: Sequence[float], letters: int
) -> float:
    """Write a table, its first column to the left and the others to the right; return where it ends."""
    ends = left + (right - left) * np.cumsum(shares)
    for row, bold in ((table.headings, True), *((row, False) for row in table.rows)):
        _write(figure, left, top, row[0], SIZE, weight="bold" if bold else "normal")
        for end, cell in zip(ends[1:], row[1:], strict=True):
            _write(figure, float(end), top, cell, SIZE, weight="bold" if bold else "normal", align="right")
        top += LINE_IN
        _rule(figure, left, right, top - 0.015, MUTED if bold else GRID)
        top += 0.02
    return _paragraph(figure, left, top + 0.01, table.note, letters, MUTED) if table.note else top


def _paragraph(figure: Figure, left: float, top: float, words: str, letters: int, colour: str | None = None) -> float:
    for line in textwrap.wrap(words, letters):
        _write(figure, left, top, line, SMALL, colour)
        top += SMALL_LINE_IN
    return top


def _write(
    figure: Figure,
    left: float,
    top: float,
    words: str,
    size: float,
    colour: str | None = None,
    weight: str = "normal",
    align: str = "left",
) -> None:
    figure.text(
        left / WIDTH_IN, 1 - top / HEIGHT_IN, words, size=size, weight=weight, ha=align, va="top",
        color=INK if colour is None else colour,
    )  # fmt: skip


def _rule(figure: Figure, left: float, right: float, top: float, colour: str) -> None:
    across = [left / WIDTH_IN, right / WIDTH_IN]
    figure.add_artist(Line2D(across, [1 - top / HEIGHT_IN] * 2, color=colour, lw=0.6))


def _place(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return a rectangle [inch from the upper left] as Matplotlib wants it."""
    return left / WIDTH_IN, 1 - (top + height) / HEIGHT_IN, width / WIDTH_IN, height / HEIGHT_IN
