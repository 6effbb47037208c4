"""The page of a watched folder, which a browser loads anew by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from diffrendergan.pipeline.watch.instrument import FIGURES
from diffrendergan.pipeline.watch.seen import Overview
from diffrendergan.reporting.figures.drawing import styled
from diffrendergan.reporting.figures.theme import BLUE, MUTED, VERMILION, inline_svg
from diffrendergan.reporting.templating import filled, themed_style
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.words import number
from diffrendergan.sizes.bootstrap import percentile_interval
from diffrendergan.sizes.comparing import Sample

PAGE = "watch.html"
RELOADED_S = 15
MOST_SHOWN = 500
"""Scans in a chart, the last ones; points closer than that cannot be told apart."""


def write_page(out: Path, seen: Overview, waiting: list[str], going: bool) -> None:
    """Write the page.

    Parameters
    ----------
    out : Path
        The folder of the results.
    seen : Overview
    waiting : list of str
        Files that are not yet whole.
    going : bool
        Whether more is awaited: the page then loads itself anew.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    charts = (
        inline_svg(control_charts(seen), "charts", "Figures of the instrument, scan by scan") if seen.charts else ""
    )
    samples = {
        unit: inline_svg(medians(group, unit), f"samples-{unit}", "Median diameters of the samples")
        for unit, group in seen.samples.items()
        if any(sample.number for sample in group)
    }
    context = {
        "seen": seen, "waiting": waiting, "reload_s": RELOADED_S if going else None, "charts": Markup(charts),
        "samples": {unit: Markup(svg) for unit, svg in samples.items()}, "last": seen.scans[-20:][::-1],
        "style": themed_style("review.css"),
    }  # fmt: skip
    write_text(out / PAGE, filled("watch.html.j2", context, {"figure": number}))


@styled
def control_charts(seen: Overview) -> Figure:
    """Draw each figure over the scans, with its limits, and what lies beyond them."""
    rows = (len(seen.charts) + 1) // 2
    figure = Figure(figsize=(11.0, 1.9 * rows), layout="constrained")
    for place, one in enumerate(seen.charts, start=1):
        axes = figure.add_subplot(rows, 2, place)
        start = max(0, len(one.values) - MOST_SHOWN)
        numbers = np.arange(start, len(one.values)) + 1
        values, marked = one.values[start:], (one.outside | one.drifting)[start:]
        reach = one.usual.reach()
        axes.axhspan(one.usual.mean - reach, one.usual.mean + reach, color=MUTED, alpha=0.15, linewidth=0)
        axes.axhline(one.usual.mean, color=MUTED, linewidth=0.8)
        axes.plot(numbers, values, ".", color=BLUE, markersize=4)
        axes.plot(numbers, one.running[start:], "-", color=BLUE, linewidth=1)
        axes.plot(numbers[marked], values[marked], "x", color=VERMILION, markersize=6)
        axes.set_title(FIGURES[one.figure])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


@styled
def medians(samples: list[Sample], unit: str) -> Figure:
    """Draw the median diameter of each sample with its 95 % interval."""
    known = [sample for sample in samples if sample.number]
    figure = Figure(figsize=(8.0, 0.9 + 0.28 * len(known)), layout="constrained")
    axes = figure.add_subplot()
    for place, sample in enumerate(known):
        interval = percentile_interval(sample.drawn[-1])
        axes.plot([interval.low, interval.high], [place, place], color=BLUE)
        axes.plot(sample.quantiles[-1], place, "o", color=BLUE, markersize=5)
    axes.set_yticks(range(len(known)), [sample.name for sample in known])
    axes.set(xlabel=f"median diameter [{unit}]", ylim=(len(known) - 0.5, -0.5))
    return figure
