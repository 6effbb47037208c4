"""Cumulative and density curves of the diameters, by number and by volume, as ISO 9276-1 draws them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diffrendergan.reporting.figures.drawing import styled
from diffrendergan.reporting.figures.theme import BLUE, MUTED, VERMILION, make_logarithmic
from diffrendergan.sizes.distribution import POWERS, Values, Weighting
from diffrendergan.sizes.sizes import Sizes

SHOWN: tuple[tuple[Weighting, str, str, str], ...] = (
    ("number", "by number", BLUE, "-"),
    ("volume", "by volume", VERMILION, "--"),
)
BROAD = 8.0
"""Where the middle 80 % of the particles span more than this factor, the axis is logarithmic."""
LEAST_BINS, MOST_BINS = 8, 40


@styled
def curves_figure(sizes: Sizes, size_in: tuple[float, float] = (7.6, 2.3)) -> Figure:
    """Draw what is smaller than each diameter, and how dense diameters are, by number and by volume."""
    figure = Figure(figsize=size_in, layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_curves(left, right, sizes)
    return figure


def draw_curves(cumulative: Axes, density: Axes, sizes: Sizes) -> None:
    """Draw both curves into axes."""
    cumulative.set_ylabel("cumulative share Q")
    for axes in (cumulative, density):
        axes.set_xlabel(f"diameter x_A [{sizes.unit}]".replace("x_A", "$x_A$"), parse_math=True)
    if not len(sizes.diameters):
        for axes in (cumulative, density):
            axes.set(xticks=[], yticks=[])
            axes.text(0.5, 0.5, "no whole particles", transform=axes.transAxes, ha="center", color=MUTED)
        return
    logarithmic = sizes.number.d90 > BROAD * sizes.number.d10
    order = np.argsort(sizes.diameters)
    diameters, weights = sizes.diameters[order], sizes.weights[order]
    edges = _edges(diameters, logarithmic)
    steps = np.diff(np.log(edges)) if logarithmic else np.diff(edges)
    for by, label, colour, line in SHOWN:
        used = weights * diameters ** POWERS[by]
        share = used / used.sum()
        places = np.append(np.repeat(diameters, 2), edges[-1])
        cumulative.plot(places, np.append(_steps(share), 1.0), line, color=colour, lw=1.4, label=label)
        cumulative.plot([sizes.weighted[by].d50], [0.5], "o", color=colour, ms=4)
        heights = np.histogram(diameters, edges, weights=share)[0] / steps
        density.stairs(heights, edges, color=colour, ls=line, lw=1.2, fill=False, label=label)
        density.stairs(heights, edges, color=colour, alpha=0.15, fill=True)
    density.set_ylabel("density q* per ln x" if logarithmic else f"density q [1/{sizes.unit}]")
    for axes in (cumulative, density):
        if logarithmic:
            make_logarithmic(axes, "x")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0)
    cumulative.set_ylim(0, 1.02)
    cumulative.legend(loc="lower right")


def _steps(share: Values) -> Values:
    """Return the cumulative share before and at each diameter, shape (2 k,)."""
    total = np.cumsum(share)
    return np.column_stack([total - share, total]).ravel()


def _edges(diameters: Values, logarithmic: bool) -> Values:
    """Return bins as wide as Freedman and Diaconis advise, up to the largest diameter: it has the most volume."""
    values = np.log(diameters) if logarithmic else diameters
    low, high = float(values[0]), float(values[-1])
    margin = 0.04 * (high - low) or 0.1 * abs(high) or 0.1
    start = low - margin if logarithmic or low > high / 2 else 0.0
    quarter, three = np.percentile(values, (25, 75))
    width = 2 * (three - quarter) / len(values) ** (1 / 3)
    wished = (high - start) / width if width > 0 else LEAST_BINS
    edges = np.linspace(start, high + margin, int(np.clip(np.ceil(wished), LEAST_BINS, MOST_BINS)) + 1)
    return np.asarray(np.exp(edges) if logarithmic else edges)
