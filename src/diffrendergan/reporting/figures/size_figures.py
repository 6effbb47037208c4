"""The size distribution as a histogram, with what was fitted and how certain it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from diffrendergan.reporting.figures.drawing import styled
from diffrendergan.reporting.figures.size_bins import shared_edges
from diffrendergan.reporting.figures.theme import BLUE, GREEN, INK, MUTED, PURPLE, VERMILION
from diffrendergan.runs.words import number, plural
from diffrendergan.sizes.bootstrap import CONFIDENCE
from diffrendergan.sizes.fits import Fit
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.uncertainty import Band

Values = NDArray[np.float64]

LOOKS = {"normal": (GREEN, "-."), "lognormal": (VERMILION, "--"), "bimodal": (PURPLE, ":")}
GRID_POINTS = 1000
HEADROOM = 1.06
"""The axis is so many times as high as the highest of all that is drawn."""
FEW = 60
"""Each of at most so many particles has a mark at its size, since a histogram of few tells little."""
SIDE_MARGIN = 0.02
"""The axis goes on by this fraction beyond the last bin, so that its bar is seen to end."""
LEGEND_BELOW_PT = 36.0
"""The legend stands so far below the axes: ticks and label are in between."""


@styled
def size_histogram(sizes: Sizes, title: str) -> Figure:
    """Draw the border-corrected diameters of whole particles, all fits, and the band of the preferred one.

    Parameters
    ----------
    sizes : Sizes
    title : str
        Usually the name of the scan.
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylim(0, HEADROOM * (_draw_sizes(axes, sizes, title, shared_edges([sizes])) or 1))
    return figure


@styled
def size_comparison(sides: Mapping[str, Sizes]) -> Figure:
    """Draw several size distributions side by side, as `size_histogram` does, on the same axes and bins.

    Parameters
    ----------
    sides : mapping
        Title → sizes, all in one unit; at least one.
    """
    figure = Figure(figsize=(11.8, 4.6), layout="constrained")
    panels = figure.subplots(1, len(sides), squeeze=False)[0]
    edges = shared_edges(list(sides.values()))
    drawn = list(zip(panels, sides.items(), strict=True))
    highest = max(_draw_sizes(axes, sizes, title, edges) for axes, (title, sizes) in drawn)
    # Not `sharey`: a panel without particles has no ticks.
    for axes in panels:
        axes.set_ylim(0, HEADROOM * (highest or 1))
    return figure


def _draw_sizes(axes: Axes, sizes: Sizes, title: str, edges: Values) -> float:
    """Draw one distribution and return the height of its highest part."""
    axes.set_title(title)
    axes.set_xlabel(f"equivalent circular diameter [{sizes.unit}]")
    axes.set_ylabel(f"number density [1/{sizes.unit}]")
    if not len(sizes.diameters):
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no whole particles", transform=axes.transAxes, ha="center", color=MUTED)
        return 0.0
    heights = _draw_bars(axes, sizes, edges)
    _draw_median(axes, sizes)
    highest = max(heights, _draw_fits(axes, sizes, edges))
    axes.set_xlim(edges[0], _axis_end(edges))
    beyond = int((sizes.diameters > edges[-1]).sum())
    if beyond:
        axes.set_xlabel(f"{axes.get_xlabel()} ({beyond} larger than shown)")
    _draw_legend(axes)
    return highest


def _draw_bars(axes: Axes, sizes: Sizes, edges: Values) -> float:
    counts, _ = np.histogram(sizes.diameters, edges, weights=sizes.weights)
    heights = counts / sizes.weights.sum() / np.diff(edges)
    label = plural(len(sizes.diameters), "whole particle")
    axes.stairs(heights, edges, fill=True, facecolor=f"{BLUE}44", edgecolor=BLUE, lw=0.8, label=label)
    if len(sizes.diameters) <= FEW:
        marks = np.zeros(len(sizes.diameters))
        axes.plot(sizes.diameters, marks, "|", color=BLUE, ms=14, mew=0.9)
    return float(heights.max())


def _draw_fits(axes: Axes, sizes: Sizes, edges: Values) -> float:
    """Draw all fits as their means over the narrowest bin: what its bar would be if the fit were exact."""
    grid, width = np.linspace(edges[0], _axis_end(edges), GRID_POINTS + 1), float(np.diff(edges).min())
    highest, band = 0.0, sizes.uncertainty.band
    for family, fit in sizes.fits.all.items():
        colour, style = LOOKS[family]
        preferred = family == sizes.fits.preferred
        if preferred and band is not None:
            low, high = _band_means(band, grid, width)
            share = f"{CONFIDENCE:.0%}".replace("%", " %")
            axes.fill_between(grid, low, high, color=colour, alpha=0.25, lw=0, label=f"{share} band")
            highest = max(highest, float(high.max()))
        label = f"{family}{' (preferred)' if preferred else ''}: BIC {fit.bic:.0f}, KS {fit.ks:.3f}"
        heights = _fit_means(fit, grid, width)
        axes.plot(grid, heights, style if not preferred else "-", color=colour, lw=2 if preferred else 1.2, label=label)
        highest = max(highest, float(heights.max()))
    return highest


def _fit_means(fit: Fit, grid: Values, width: float) -> Values:
    """Return the mean density within half a bin of each diameter (above 0)."""
    low, high = np.maximum(grid - width / 2, 1e-6 * width), grid + width / 2
    return np.asarray((fit.cumulative(high) - fit.cumulative(low)) / (high - low))


def _band_means(band: Band, grid: Values, width: float) -> tuple[Values, Values]:
    """Return both bounds, averaged in the same way."""
    steps = np.diff(band.diameters)
    low, high = np.maximum(grid - width / 2, band.diameters[0]), np.minimum(grid + width / 2, band.diameters[-1])
    means = []
    for bound in (band.low, band.high):
        below = np.append(0.0, np.cumsum(steps * (bound[1:] + bound[:-1]) / 2))
        whole = np.interp(high, band.diameters, below) - np.interp(low, band.diameters, below)
        means.append(np.where(high > low, whole / np.maximum(high - low, 1e-12), 0.0))
    return means[0], means[1]


def _axis_end(edges: Values) -> float:
    return float(edges[-1] + SIDE_MARGIN * (edges[-1] - edges[0]))


def _draw_median(axes: Axes, sizes: Sizes) -> None:
    median, bounds = sizes.median
    label = f"median {number(median)} {sizes.unit}"
    if bounds is not None:
        label += f" [{number(bounds.low)}, {number(bounds.high)}]"
        axes.axvspan(bounds.low, bounds.high, color=INK, alpha=0.08, lw=0)
    axes.axvline(median, color=INK, lw=1, label=label)


def _draw_legend(axes: Axes) -> None:
    """Put the legend below the axes, where it covers nothing."""
    figure = axes.figure
    place = axes.transAxes + ScaledTranslation(0, -LEGEND_BELOW_PT / 72, figure.dpi_scale_trans)
    # The band is drawn between the fits, but reads better before all of them.
    handles, labels = axes.get_legend_handles_labels()
    entries = sorted(zip(labels, handles, strict=True), key=lambda entry: ": BIC" in entry[0])
    axes.legend(
        [handle for _, handle in entries], [label for label, _ in entries], loc="upper left", bbox_to_anchor=(0, 0),
        bbox_transform=place, ncols=2, borderaxespad=0, borderpad=0, columnspacing=1.6, fontsize=8.5,
    )  # fmt: skip
