"""The sheet of a calibration: real patches, arrangements before and after, and their distributions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from numpy.typing import NDArray

from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.search import Calibration
from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.inference.posterior import Interval
from diffrendergan.reporting.figures.theme import BLUE, INK, MUTED, STYLE, VERMILION
from diffrendergan.reporting.preview.tiles import show_tiles
from diffrendergan.runs.spacing import evenly_spaced

TILES = 8
PANELS = {
    "diameters": "diameter of whole particles",
    "thicknesses": "thickness of covered areas",
    "covered": "covered fraction per patch",
    "counts": "particles per patch",
    "nearest": "distance to the nearest",
    "elongations": "length over width",
}
"""The statistics that are drawn, and their names."""
LENGTHS = ("diameters", "thicknesses", "nearest")
SHORT = {"solidities": "convexity", "pairs": "distances of pairs", "spectrum": "power spectrum"}
RIGHTMOST = 0.99
"""Histograms end at this quantile of all values together."""


def write_sheet(path: Path, real: RealPatches, found: Calibration) -> None:
    """Write the sheet as PNG.

    Parameters
    ----------
    path : pathlib.Path
    real : RealPatches
    found : Calibration

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    with mpl.rc_context({**STYLE, "figure.facecolor": "white", "savefig.facecolor": "white"}):
        figure = draw_sheet(real, found)
        write_figure_png(path, figure, 110)


def draw_sheet(real: RealPatches, found: Calibration) -> Figure:
    """Return the sheet as a figure; see `write_sheet`."""
    figure = Figure(figsize=(14, 13.5), layout="constrained")
    parts = np.ravel(np.asarray(figure.subfigures(2, 1, height_ratios=[3 * 14 / TILES + 0.9, 6.9]), dtype=object))
    top, bottom = parts
    rows = np.ravel(np.asarray(top.subfigures(3, 1), dtype=object))
    spaced = evenly_spaced(len(real.images), TILES)
    shown = (float(np.quantile(real.images, 0.002)), float(np.quantile(real.images, 0.998)))
    _tiles(rows[0], [real.images[i] for i in spaced], "Real patches", shown)
    _tiles(rows[1], found.before.pictures, "Arrangements before, in a neutral material", shown)
    after = "Arrangements after calibration" if found.improved else "Nothing better was found: as before"
    _tiles(rows[2], found.after.pictures, after, shown)
    grid = bottom.subplots(2, 4)
    pixel = real.pixel_size_nm or 1.0
    unit = "px" if real.pixel_size_nm is None else "nm"
    panels = [axes for row in grid[:, :3] for axes in row]
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        factor = pixel if name in LENGTHS else 1.0
        sides = [getattr(side, name) * factor for side in _sides(real, found)]
        _histogram(axes, sides, f"{title} [{unit}]" if name in LENGTHS else title)
    panels[0].legend(loc="upper right")
    _distances(grid[:, 3], found, pixel, unit)
    return figure


def _sides(real: RealPatches, found: Calibration) -> tuple[PatchStatistics, PatchStatistics, PatchStatistics]:
    return real.statistics, found.before.statistics, found.after.statistics


def _tiles(row: FigureBase, images: Sequence[NDArray[np.float32]], title: str, shown: tuple[float, float]) -> None:
    """Draw images side by side; all rows have one scale of grey."""
    row.suptitle(title, x=0.004, ha="left", fontsize=11, fontweight="bold")
    show_tiles(row.subplots(), images[:TILES], TILES, shown, interpolation="nearest")


def _histogram(axes: Axes, sides: Sequence[NDArray[np.float64]], title: str) -> None:
    together = np.concatenate(sides)
    if not len(together):
        axes.set_title(title)
        return
    bins = np.linspace(together.min(), max(np.quantile(together, RIGHTMOST), together.min() + 1e-6), 25)
    styles: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("real", INK, {"histtype": "stepfilled", "alpha": 0.25}),
        ("before", VERMILION, {"histtype": "step", "linestyle": "--", "linewidth": 1.5}),
        ("after", BLUE, {"histtype": "step", "linewidth": 2.0}),
    )
    for values, (label, colour, style) in zip(sides, styles, strict=True):
        if len(values):
            axes.hist(values, bins=bins.tolist(), density=True, color=colour, label=label, **style)
            axes.axvline(float(np.median(values)), color=colour, linewidth=1.0, linestyle=":")
    axes.set_title(title)
    axes.set_yticks([])
    axes.grid(False)


def _distances(column: Sequence[Axes], found: Calibration, pixel: float, unit: str) -> None:
    """Draw how far each statistic is from the real one."""
    upper, lower = column
    lower.axis("off")
    names = list(found.after.distances)
    place = np.arange(len(names))
    upper.barh(place - 0.2, [found.before.distances[name] for name in names], 0.38, color=VERMILION, label="before")
    upper.barh(place + 0.2, [found.after.distances[name] for name in names], 0.38, color=BLUE, label="after")
    upper.set_yticks(place, [SHORT.get(name, name) for name in names])
    upper.invert_yaxis()
    upper.grid(axis="y", visible=False)
    upper.set_title("distance from the real patches")
    text = (
        "Distances of distributions (Wasserstein), in units\nof the real spread: 0 is equal, 1 is a shift by\n"
        "the whole spread.\n\n"
        f"All together: {found.before.total:.2f} before, {found.after.total:.2f} after.\n\n"
        "Particles are found in the same way in real\npatches and in arrangements, without labels."
    ) + _intervals(found, pixel, unit)
    lower.text(0, 0.95, text, va="top", color=MUTED)


def _intervals(found: Calibration, pixel: float, unit: str) -> str:
    """Return what calibrated arrangements truly show, with 90 % intervals, in words."""
    if not found.intervals:
        return ""
    names = {"median": "median", "p10": "10th percentile", "p90": "90th percentile"}
    lines = [
        f"{names[name]} {_told(each.times(pixel))} {unit}" for name, each in found.intervals.items() if name in names
    ]
    covered = found.intervals["coverage"].times(100)
    return "\n".join(["", "", "What arrangements show (90 % intervals):", *lines, f"covered {_told(covered)} %"])


def _told(interval: Interval) -> str:
    return f"{interval.value:.3g} ({interval.low:.3g} to {interval.high:.3g})"
