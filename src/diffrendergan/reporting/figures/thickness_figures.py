"""Local thickness as a heat map, and its distribution in each scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.quantification.results import ScanRecord
from diffrendergan.reporting.figures.drawing import (
    STRIP_FRACTION,
    picture_axes,
    scale_bar,
    show_scan_and_strip,
    stretched,
    styled,
    thinned,
)
from diffrendergan.reporting.figures.theme import BLUE, INK, MUTED, VERMILION
from diffrendergan.runs.words import plural
from diffrendergan.sizes.units import Scale, Unit, scale_of

BINS = 60
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


def thickness_histogram(
    thickness_px: NDArray[np.floating], per_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return edges of bins, and the share of the wires' area between them.

    Parameters
    ----------
    thickness_px : ndarray, shape (H, W)
        Local thickness [px], 0 outside.
    per_px : float
        Units that a pixel's edge is long; the edges are in this unit.

    Returns
    -------
    ndarray, shape (n + 1,)
        Edges, the first 0.
    ndarray, shape (n,)
        Shares; all 0 without any wire.
    """
    covered = thickness_px[thickness_px > 0] * per_px
    end = float(covered.max()) * 1.001 if len(covered) else 1.0
    counts, edges = np.histogram(covered, BINS, (0, end))
    return edges, counts / max(len(covered), 1)


def thickness_spread(record: ScanRecord) -> ThicknessSpread | None:
    """Return how thick the wires of a measured scan are, in its unit; 0 where there is no wire, None for particles."""
    if record.thickness is None:
        return None
    levels = [record.row[f"thickness_{level}_{record.unit}"] or 0.0 for level in ("d10", "d50", "d90")]
    return ThicknessSpread(
        record.name, np.array(record.thickness["edges"]), np.array(record.thickness["share"]), *levels
    )


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
    figure = Figure(figsize=(8.6, 0.5 + 7.2 * (height / width + STRIP_FRACTION)), layout="constrained")
    axes = figure.add_subplot()
    top = common_top([thickness_px * scale.per_px])
    shown = _draw_map(axes, pixels, thickness_px, crossings_px, scale, top)
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"{title}: {plural(len(crossings_px), 'crossing')}")
    bar = figure.colorbar(shown, ax=axes, extend="max", fraction=0.04, pad=0.015)
    _name(bar, scale.unit)
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure


@styled
def thickness_picture(
    pixels: NDArray[np.floating],
    thickness_px: NDArray[np.floating],
    crossings_px: NDArray[np.float64],
    pixel_size_nm: float | None,
    top: float,
) -> Figure:
    """Draw the same without title and colour bar, so that it fills the figure; `top` has the last colour."""
    height, width = thickness_px.shape
    figure, axes = picture_axes((height, width), None)
    _draw_map(axes, pixels, thickness_px, crossings_px, scale_of(pixel_size_nm), top)
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure


@styled
def colour_bar(top: float, unit: Unit) -> Figure:
    """Draw the colours of the local thickness from 0 to `top` as a bar that lies."""
    figure = Figure(figsize=(5.0, 0.62), layout="constrained")
    axes = figure.add_subplot()
    colours = ScalarMappable(Normalize(0, top), mpl.colormaps[COLOUR_MAP])
    _name(figure.colorbar(colours, cax=axes, orientation="horizontal", extend="max"), unit)
    return figure


def common_top(thicknesses: Sequence[NDArray[np.floating]]) -> float:
    """Return the thickness of the last colour for maps that share one scale; 1 without any wire."""
    covered = np.concatenate([np.zeros(0), *(thickness[thickness > 0] for thickness in thicknesses)])
    return float(np.percentile(covered, TOP_PERCENT)) if len(covered) else 1.0


def _draw_map(
    axes: Axes,
    pixels: NDArray[np.floating],
    thickness_px: NDArray[np.floating],
    crossings_px: NDArray[np.float64],
    scale: Scale,
    top: float,
) -> ScalarMappable:
    height, width = thickness_px.shape
    thickness = np.ma.masked_equal(thinned(thickness_px), 0) * scale.per_px
    extent = (0.0, float(width), float(height), 0.0)
    axes.imshow(0.75 * stretched(thinned(pixels)), cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="none")
    shown = axes.imshow(
        thickness, cmap=mpl.colormaps[COLOUR_MAP], vmin=0, vmax=top, extent=extent, interpolation="none"
    )
    if len(crossings_px):
        axes.plot(*crossings_px.T, "o", mfc="none", mec=VERMILION, ms=6, mew=1.1)
    show_scan_and_strip(axes, (height, width))
    return shown


def _name(bar: Colorbar, unit: Unit) -> None:
    bar.set_label(f"local thickness [{unit}]")
    bar.outline.set_visible(False)


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
