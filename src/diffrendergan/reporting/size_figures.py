"""The size distribution as a histogram, with what was fitted and how certain it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.quantification.distribution import CONFIDENCE
from diffrendergan.quantification.sizes import Sizes
from diffrendergan.reporting.drawing import styled
from diffrendergan.reporting.theme import BLUE, GREEN, INK, MUTED, PURPLE, VERMILION
from diffrendergan.reporting.words import plural

LOOKS = {"normal": (GREEN, "-."), "lognormal": (VERMILION, "--"), "bimodal": (PURPLE, ":")}
LEAST_BINS, MOST_BINS = 8, 60
LONGEST = 1.8
"""The axis ends at this multiple of the 97th percentile, unless all sizes are smaller."""
GRID_POINTS = 400
HEADROOM = 1.5
"""The axis is so many times as high as the highest bar: the legend stands above."""


@styled
def size_histogram(sizes: Sizes, title: str) -> Figure:
    """Draw the border-corrected diameters of whole particles, all fits, and the band of the preferred one.

    Parameters
    ----------
    sizes : Sizes
    title : str
        Usually the name of the scan.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    _draw_sizes(figure.add_subplot(), sizes, title, *_bins([sizes.diameters]))
    return figure


@styled
def size_comparison(sides: Mapping[str, Sizes]) -> Figure:
    """Draw several size distributions side by side, as `size_histogram` does, on the same axes and bins.

    Parameters
    ----------
    sides : mapping
        Title → sizes, all in one unit; at least one.
    """
    figure = Figure(figsize=(11.1, 4.4), layout="constrained")
    panels = figure.subplots(1, len(sides), squeeze=False)[0]
    end, edges = _bins([sizes.diameters for sizes in sides.values()])
    for axes, (title, sizes) in zip(panels, sides.items(), strict=True):
        _draw_sizes(axes, sizes, title, end, edges)
    filled = [axes for axes, sizes in zip(panels, sides.values(), strict=True) if len(sizes.diameters)]
    # Not `sharey`: a panel without particles has no ticks.
    for axes in filled:
        axes.set_ylim(0, HEADROOM * max(_highest(other) for other in filled))
    return figure


def axis_end(diameters: NDArray[np.float64]) -> float:
    """Return where the axis ends, so that a few very large particles do not squeeze all others."""
    return min(1.05 * float(diameters.max()), LONGEST * float(np.percentile(diameters, 97)))


def bin_edges(diameters: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    """Return edges from 0 to the end of the axis, as wide as Freedman and Diaconis say."""
    low, high = np.percentile(diameters, (25, 75))
    width = 2 * float(high - low) / len(diameters) ** (1 / 3)
    number = LEAST_BINS if width <= 0 else int(np.clip(np.ceil(end / width), LEAST_BINS, MOST_BINS))
    return np.linspace(0, end, number + 1)


def _bins(sides: Sequence[NDArray[np.float64]]) -> tuple[float, NDArray[np.float64]]:
    """Return where the axis ends and the edges of the bins, so that all sides can share them."""
    filled = [diameters for diameters in sides if len(diameters)]
    if not filled:
        return 1.0, np.linspace(0, 1, LEAST_BINS + 1)
    end = max(axis_end(diameters) for diameters in filled)
    finest = max((bin_edges(diameters, end) for diameters in filled), key=len)
    return end, finest


def _draw_sizes(axes: Axes, sizes: Sizes, title: str, end: float, edges: NDArray[np.float64]) -> None:
    axes.set_title(title)
    axes.set_xlabel(f"equivalent circular diameter [{sizes.unit}]")
    axes.set_ylabel(f"number density [1/{sizes.unit}]")
    if not len(sizes.diameters):
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no whole particles", transform=axes.transAxes, ha="center", color=MUTED)
        return
    weights = sizes.weights / sizes.weights.sum() / (edges[1] - edges[0])
    label = plural(len(sizes.diameters), "whole particle")
    axes.hist(
        sizes.diameters, edges.tolist(), weights=weights, facecolor=f"{BLUE}44", edgecolor=BLUE, lw=0.8, label=label
    )
    height = _highest(axes)
    _draw_fits(axes, sizes, end)
    _draw_median(axes, sizes)
    axes.set_xlim(0, end)
    axes.set_ylim(0, HEADROOM * height)
    beyond = int((sizes.diameters > end).sum())
    if beyond:
        axes.set_xlabel(f"{axes.get_xlabel()} ({beyond} larger than shown)")
    axes.legend(loc="upper right")


def _highest(axes: Axes) -> float:
    """Return the height of the highest bar."""
    return max(bar.get_height() for bar in axes.containers[0])


def _draw_fits(axes: Axes, sizes: Sizes, end: float) -> None:
    grid = np.linspace(0, end, GRID_POINTS + 1)[1:]
    band = sizes.uncertainty.band
    for family, fit in sizes.fits.all.items():
        colour, style = LOOKS[family]
        preferred = family == sizes.fits.preferred
        if preferred and band is not None:
            share = f"{CONFIDENCE:.0%}".replace("%", " %")
            axes.fill_between(
                band.diameters, band.low, band.high, color=colour, alpha=0.25, lw=0, label=f"{share} band"
            )
        label = f"{family}{' (preferred)' if preferred else ''}: BIC {fit.bic:.0f}, KS {fit.ks:.3f}"
        axes.plot(grid, fit.density(grid), style if not preferred else "-", color=colour, lw=2 if preferred else 1.2,
                  label=label)  # fmt: skip


def _draw_median(axes: Axes, sizes: Sizes) -> None:
    median, bounds = sizes.median
    label = f"median {median:.3g} {sizes.unit}"
    if bounds is not None:
        label += f" [{bounds.low:.3g}, {bounds.high:.3g}]"
        axes.axvspan(bounds.low, bounds.high, color=INK, alpha=0.08, lw=0)
    axes.axvline(median, color=INK, lw=1, label=label)
