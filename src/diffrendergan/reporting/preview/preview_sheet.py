"""The sheet of a preview: real patches beside arrangements, and the distributions of both over each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecFromSubplotSpec, SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.reporting.figures.theme import BLUE, GRID, INK, MUTED, STYLE, VERMILION
from diffrendergan.reporting.preview.preview import Preview, median, summary, told_length, verdict
from diffrendergan.runs.spacing import evenly_spaced

Values = NDArray[np.float64]

TILES = 6
"""Patches in a row."""
WIDTH_IN, HEIGHT_IN, DPI = 12.6, 8.5, 130
REAL, DRAWN = BLUE, VERMILION
BINS, PATCH_BINS = 24, 10
STRETCH = (0.5, 99.5)
"""Percentiles of the real patches that are shown black and white, in both rows."""
LONGEST = 1.6
"""Size axes end at this multiple of the 95th percentile, unless all sizes are smaller."""


def write_preview(path: Path, preview: Preview) -> None:
    """Write the sheet of a preview as a PNG.

    Parameters
    ----------
    path : Path
        File to write; it is whole or absent.
    preview : Preview

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    with mpl.rc_context({**STYLE}):
        figure = draw_preview(preview)
        write_figure_png(path, figure, DPI, facecolor="white")


def draw_preview(preview: Preview) -> Figure:
    """Return the sheet as a figure."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        3, 1, left=0.02, right=0.98, top=0.915, bottom=0.145, height_ratios=(1, 1, 1.1), hspace=0.14
    )
    low, high = np.percentile(np.stack(preview.real.images), STRETCH)
    levels = (float(low), float(max(high, low + 1e-3)))
    _tiles(figure, grid[0], "Real patches", preview.real.images, REAL, levels)
    title = "Arrangements in a neutral material"
    _tiles(figure, grid[1], title, preview.drawn.pictures, DRAWN, levels)
    sizes, covered, counts = _panels(figure, grid[2])
    _draw_sizes(sizes, preview)
    _draw_patches(covered, counts, preview)
    _words(figure, preview)
    return figure


def _tiles(
    figure: Figure,
    place: SubplotSpec,
    title: str,
    images: Sequence[NDArray[np.float32]],
    colour: str,
    levels: tuple[float, float],
) -> None:
    row = GridSpecFromSubplotSpec(1, TILES, place, wspace=0.03)
    shown = evenly_spaced(len(images), TILES)
    for column, index in enumerate(shown):
        axes = figure.add_subplot(row[column])
        axes.imshow(images[index], cmap="gray", vmin=levels[0], vmax=levels[1], interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=colour, linewidth=1.4)
        if column == 0:
            axes.set_title(f"{title}: {len(shown)} of {len(images)}", color=colour, pad=4)


def _panels(figure: Figure, place: SubplotSpec) -> list[Axes]:
    # Tiles touch the margins; panels need room for their tick labels.
    row = GridSpecFromSubplotSpec(2, 3, place, width_ratios=(2, 1, 1), height_ratios=(0.13, 1), wspace=0.12, hspace=0)
    panels = [figure.add_subplot(row[1, column]) for column in range(3)]
    for axes in panels:
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="y", visible=False)
    return panels


def _draw_sizes(axes: Axes, preview: Preview) -> None:
    sides = [side.diameters * preview.pixel for side in (preview.real.statistics, preview.drawn.statistics)]
    both = np.concatenate(sides)
    axes.set_title("Equivalent diameters of whole particles")
    axes.set_xlabel(f"diameter [{preview.unit}]" + ("; the pixel size is unknown" if preview.unit == "px" else ""))
    if not len(both):
        axes.text(0.5, 0.5, "no whole particles", transform=axes.transAxes, ha="center", color=MUTED)
        return
    end = min(float(both.max()) * 1.02, LONGEST * float(np.percentile(both, 95)))
    labels = [
        f"{name}: n = {len(values)}, median {told_length(median(values), 1.0, preview.unit)}"
        for name, values in zip(("real", "arrangements"), sides, strict=True)
    ]
    _overlaid(axes, sides, np.linspace(0, end, BINS + 1), labels)
    for values, colour, style in zip(sides, (REAL, DRAWN), ("-", "--"), strict=True):
        if len(values):
            axes.axvline(float(np.median(values)), color=colour, linestyle=style, linewidth=1.6)
    axes.set_xlim(0, end)
    beyond = int((both > end).sum())
    if beyond:
        axes.set_xlabel(f"{axes.get_xlabel()} ({beyond} {'is' if beyond == 1 else 'are'} larger than shown)")
    axes.legend(
        loc="upper right", handlelength=1.4, borderaxespad=0.2, frameon=True, facecolor="white", edgecolor="none"
    )


def _draw_patches(covered: Axes, counts: Axes, preview: Preview) -> None:
    real, drawn = preview.real.statistics, preview.drawn.statistics
    labels = ["real", "arrangements"]
    covered.set_title("Covered fraction per patch")
    _overlaid(covered, [real.covered, drawn.covered], _edges([real.covered, drawn.covered], 0.0), labels)
    covered.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    covered.set_xlabel("area covered")
    counts.set_title("Particles per patch")
    _overlaid(counts, [real.counts, drawn.counts], _edges([real.counts, drawn.counts], 1.0), labels)
    counts.set_xlabel("particles, whole or in part")


def _edges(sides: Sequence[Values], step: float) -> Values:
    """Return the edges of bins from 0 to the largest value; their widths are multiples of `step`, if it is not 0."""
    largest = max(float(values.max()) for values in sides)
    if not step:
        return np.linspace(0, max(1.02 * largest, 0.01), PATCH_BINS + 1)
    width = max(step, step * np.ceil((largest + step) / step / PATCH_BINS))
    return np.arange(0, largest + step + width, width) - step / 2


def _overlaid(axes: Axes, sides: Sequence[Values], edges: Values, labels: Sequence[str]) -> None:
    """Draw two densities over each other: the real one filled, the other as a line."""
    looks: tuple[dict[str, Any], dict[str, Any]] = (
        {"histtype": "stepfilled", "facecolor": f"{REAL}55", "edgecolor": REAL, "linewidth": 1.2},
        {"histtype": "step", "edgecolor": DRAWN, "linewidth": 1.8},
    )
    for values, look, label in zip(sides, looks, labels, strict=True):
        if len(values):
            # Densities of all values, those beyond the axis too.
            weights = np.full(len(values), 1 / len(values) / (edges[1] - edges[0]))
            axes.hist(values, bins=edges.tolist(), weights=weights, label=label, **look)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.12 * axes.get_ylim()[1])


def _words(figure: Figure, preview: Preview) -> None:
    size = preview.project.data.patch_size
    wide = "" if preview.unit == "px" else f", {told_length(size, preview.pixel, preview.unit)} wide"
    figure.text(0.02, 0.975, f"{preview.project.name}: preview", fontsize=14, weight="bold", color=INK, va="center")
    figure.text(
        0.98, 0.975, f"patches of {size}×{size} px{wide}; both rows in one grey scale", color=MUTED, ha="right",
        va="center",
    )  # fmt: skip
    told = [f"{row.name}: {row.real} real, {row.drawn} in arrangements" for row in summary(preview) if row.on_sheet]
    figure.add_artist(Line2D([0.02, 0.98], [0.088, 0.088], color=GRID, linewidth=0.8))
    lines = ["   ·   ".join(told), *verdict(preview)]
    figure.text(0.02, 0.08, "\n".join(lines), color=INK, va="top", linespacing=1.5, fontsize=9.5)
