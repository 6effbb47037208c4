"""Local thickness as a heat map, and its distribution in each scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.quantification.units import Unit, scale_of
from diffrendergan.reporting.drawing import scale_bar, stretched, styled, thinned
from diffrendergan.reporting.theme import BLUE, INK, MUTED, VERMILION
from diffrendergan.reporting.words import plural

COLOUR_MAP = "viridis"
TOP_PERCENT = 99.5
"""The thickest half per cent of the wires' area shares the last colour."""
MOST_NAMED = 40
"""More scans are drawn without their names."""


@dataclass(frozen=True, eq=False)
class ThicknessSpread:
    """How thick the wires of one scan are."""

    scan: str
    edges: NDArray[np.float64]
    """Edges of bins of equal width, shape (n + 1,)."""
    share: NDArray[np.float64]
    """Share of the wires' area in each bin, shape (n,)."""
    d10: float
    d50: float
    d90: float


@styled
def thickness_map(
    pixels: NDArray[np.floating],
    thickness_px: NDArray[np.floating],
    crossings_px: NDArray[np.float64],
    pixel_size_nm: float | None,
    title: str,
) -> Figure:
    """Draw the local thickness in colours on the grey scan, with crossings as circles.

    Parameters
    ----------
    pixels, thickness_px : ndarray, shape (H, W)
        Grey values, and local thickness [px], 0 outside.
    crossings_px : ndarray, shape (c, 2)
        Places of the crossings as x, y [px].
    pixel_size_nm : float or None
        Edge of a pixel [nm]; the colour bar tells pixels where it is unknown.
    title : str
    """
    height, width = thickness_px.shape
    scale = scale_of(pixel_size_nm)
    thickness = np.ma.masked_equal(thinned(thickness_px), 0) * scale.per_px
    figure = Figure(figsize=(8.6, 0.5 + 7.2 * height / width), layout="constrained")
    axes = figure.add_subplot()
    extent = (0.0, float(width), float(height), 0.0)
    axes.imshow(0.75 * stretched(thinned(pixels)), cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="none")
    top = float(np.percentile(thickness.compressed(), TOP_PERCENT)) if thickness.count() else 1.0
    shown = axes.imshow(
        thickness, cmap=mpl.colormaps[COLOUR_MAP], vmin=0, vmax=top, extent=extent, interpolation="none"
    )
    if len(crossings_px):
        axes.plot(*crossings_px.T, "o", mfc="none", mec=VERMILION, ms=6, mew=1.1)
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    axes.set_title(f"{title}: {plural(len(crossings_px), 'crossing')}")
    bar = figure.colorbar(shown, ax=axes, extend="max", fraction=0.04, pad=0.015)
    bar.set_label(f"local thickness [{scale.unit}]")
    bar.outline.set_visible(False)
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure


@styled
def thickness_distributions(spreads: Sequence[ThicknessSpread], unit: Unit) -> Figure:
    """Draw the distribution of the local thickness in each scan, one row a scan.

    Parameters
    ----------
    spreads : sequence of ThicknessSpread
        Scans with wires.
    unit : {"nm", "px"}
    """
    named = len(spreads) <= MOST_NAMED
    figure = Figure(figsize=(7.2, 1.1 + (0.42 * max(len(spreads), 2) if named else 11)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title("Local thickness of the wires in each scan")
    axes.set_xlabel(f"local thickness [{unit}]; line: 10th to 90th percentile of the wires' area, dot: median")
    end = 0.0
    for row, spread in enumerate(spreads):
        middles = (spread.edges[1:] + spread.edges[:-1]) / 2
        height = 0.8 * spread.share / max(float(spread.share.max(initial=0)), 1e-12)
        axes.fill_between(middles, row - height / 2, row + height / 2, step="mid", color=BLUE, alpha=0.35, lw=0)
        axes.plot([spread.d10, spread.d90], [row, row], color=INK, lw=1.4)
        axes.plot(spread.d50, row, "o", color=INK, ms=4)
        end = max(end, 1.5 * spread.d90)
    axes.set_xlim(0, end or 1)
    axes.set_ylim(len(spreads) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    if named:
        axes.set_yticks(range(len(spreads)), [spread.scan for spread in spreads])
    else:
        axes.set_yticks([])
        axes.set_ylabel(f"{len(spreads)} scans, sorted by name", color=MUTED)
    return figure
