"""One set of colours for the page and its figures, and figures that follow the page's theme.

Series are told apart by the colours of Okabe and Ito, which people with colour-blindness can tell apart, and by
line style or marker as well. A figure is drawn in the light colours; in the page's SVG each of them becomes a CSS
variable, so that the same figure is right on a light page, on a dark page and on paper.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

INK, MUTED, GRID = "#1a2027", "#5b6672", "#d8dee5"
"""Text and axes, secondary text, grid lines."""

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
"""Series, after Okabe and Ito."""

SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ink": INK, "muted": MUTED, "grid": GRID,
        "blue": BLUE, "vermilion": VERMILION, "green": GREEN, "purple": PURPLE, "orange": ORANGE, "sky": SKY,
    }
)  # fmt: skip
"""CSS variable names and their values on a light page."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#e6eaef", "muted": "#9aa6b2", "grid": "#333c46",
        "blue": "#5fb3ea", "vermilion": "#ff8b4d", "green": "#3fcb9f", "purple": "#e6a3c8", "orange": "#f4bd4a",
        "sky": "#9bd6f7",
    }
)  # fmt: skip
"""The same variables on a dark page."""

PAGE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {"page": "#ffffff", "card": "#f5f7f9", "line": "#dce2e8", "link": "#0065a3", "marked": "#e4f1fa"},
        "dark": {"page": "#14181d", "card": "#1c2229", "line": "#313a44", "link": "#7cc4f2", "marked": "#1d3446"},
    }
)
"""Colours of the page itself, per theme."""

STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "font.family": "sans-serif",
        "font.size": 10.0,
        "text.color": INK,
        # Names of scans and projects are no formulas.
        "text.parse_math": False,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlesize": 10.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 8.0,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 9.0,
        "ytick.labelsize": 9.0,
        "legend.frameon": False,
        "legend.fontsize": 9.0,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        # Real text, so that it can be searched and copied, and takes the page's font.
        "svg.fonttype": "none",
    }
)
"""Matplotlib settings of every figure; applied with `matplotlib.rc_context` so that nothing global stays changed."""

_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)')


class _Numbers(LogFormatter):
    """Labels where Matplotlib would put them, as numbers; its own are formulas, which `STYLE` shows as typed."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def make_logarithmic(axes: Axes, *which: Literal["x", "y"]) -> None:
    """Make one or both axes logarithmic, with numbers on them."""
    for name in which:
        (axes.set_xscale if name == "x" else axes.set_yscale)("log")
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_major_formatter(_Numbers(labelOnlyBase=False))
        axis.set_minor_formatter(_Numbers(labelOnlyBase=False))


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as an SVG element to stand in an HTML page.

    Parameters
    ----------
    figure : Figure
        Drawn with `STYLE`, in colours of this module.
    name : str
        A word that makes the element's identifiers unique in the page.
    description : str
        What the figure shows, for those who cannot see it.

    Returns
    -------
    str
        Without XML prologue, metadata, namespaces or any address; equal figures give equal text.
    """
    buffer = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    text = _METADATA.sub("", buffer.getvalue())
    text = text[text.index("<svg") :].strip()
    head, _, body = text.partition(">")
    view_box = re.search(r'viewBox="([^"]*)"', head)
    width_pt = figure.get_figwidth() * 72
    body = _IDENTIFIER.sub(rf"\g<1>{name}-", body.replace("xlink:href", "href"))
    for variable, colour in LIGHT.items():
        body = body.replace(colour, f"var(--{variable})")
    box = view_box.group(1) if view_box else f"0 0 {width_pt} {figure.get_figheight() * 72}"
    return (
        f'<svg class="figure" role="img" aria-label={quoteattr(description)} viewBox="{box}" '
        f'style="max-width:{width_pt * 4 / 3:.0f}px">{body}'
    )


def css_colour(colour: tuple[float, float, float]) -> str:
    """Return a colour with parts in [0, 1] as CSS says it."""
    red, green, blue = (round(255 * part) for part in colour)
    return f"rgb({red} {green} {blue})"


def css_variables(colours: Mapping[str, str]) -> str:
    """Return CSS declarations, e.g. ``--ink: #1a2027; …``."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
