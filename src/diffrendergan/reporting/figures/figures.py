"""The report's figures; each is a Matplotlib figure that `theme.inline_svg` puts into the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from diffrendergan.gan.balanced.kernel_score import interval_of, value_of
from diffrendergan.gan.history import EpochRecord
from diffrendergan.reporting.figures.theme import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SERIES,
    STYLE,
    VERMILION,
    make_logarithmic,
)
from diffrendergan.reporting.page.results import ParameterTrack, SegmentationHistory, StageCost
from diffrendergan.runs.words import duration

WIDTH_IN = 11.1
"""Width of a figure over the whole page [inch]."""

MARKERS = ("o", "s", "^", "D", "v", "P")
COLUMNS = 3

_Arguments = ParamSpec("_Arguments")


def _styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """Draw with the report's style, and leave Matplotlib's settings as they were."""

    @wraps(draw)
    def styled(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Figure:
        with mpl.rc_context({**STYLE}):
            return draw(*args, **kwargs)

    return styled


@_styled
def training_curves(
    records: Sequence[EpochRecord], chosen: int | None = None, candidates: Sequence[int] = ()
) -> Figure:
    """Draw losses, FID (or the kernel distance with its range, where it is there) and breadth over the epochs.

    Parameters
    ----------
    records : sequence of EpochRecord
        At least one.
    chosen : int, optional
        The epoch that was chosen; marked in all three panels.
    candidates : sequence of int
        The epochs it was chosen among; ringed.
    """
    figure = Figure(figsize=(WIDTH_IN, 3.4), layout="constrained")
    losses, fid, broad = figure.subplots(1, 3)
    epochs = np.array([record.epoch for record in records])
    mark = {"marker": "o", "markersize": 3.0} if len(epochs) < 20 else {}
    losses.plot(epochs, [record.loss_generator for record in records], color=BLUE, label="generator", **mark)
    losses.plot(
        epochs, [record.loss_discriminator for record in records],
        color=VERMILION, linestyle="--", label="discriminator", **mark,
    )  # fmt: skip
    losses.set_title("Adversarial loss")
    kernels = all(record.kernel is not None for record in records)
    distances = np.array([value_of(record) if kernels else record.fid for record in records])
    fid.plot(epochs, distances, color=BLUE, **mark)
    fid.set_title(f"{'Kernel distance' if kernels else 'FID'} ({records[0].extractor}), lower is better")
    if kernels:
        low, high = zip(*(interval_of(record) for record in records), strict=True)
        fid.fill_between(epochs, low, high, color=BLUE, alpha=0.2, linewidth=0)
    if distances.min() > 0 and distances.max() > 8 * distances.min():
        make_logarithmic(fid, "y")
    breadths = np.array([record.breadth for record in records])
    broad.plot(epochs, breadths, color=BLUE, **mark)
    broad.set_title("Breadth of the learned parameters")
    broad.set_ylim(0, 1.1 * max(float(breadths.max()), 1e-9))
    for axes, values in ((fid, distances), (broad, breadths)):
        _mark_epochs(axes, epochs, values, chosen, candidates)
    for axes in (losses, fid, broad):
        _epoch_axis(axes, epochs)
        if chosen is not None:
            axes.axvline(chosen, color=ORANGE, linewidth=1.4, zorder=1)
    _shared_legend(figure, losses, fid)
    return figure


def _mark_epochs(axes: Axes, epochs: NDArray, values: NDArray, chosen: int | None, candidates: Sequence[int]) -> None:
    """Ring the candidates and put a star on the chosen epoch."""
    ringed = np.isin(epochs, candidates)
    if ringed.any():
        axes.plot(
            epochs[ringed], values[ringed], "o", markersize=7, markerfacecolor="none", markeredgecolor=INK,
            label="candidates",
        )  # fmt: skip
    if chosen is not None and (epochs == chosen).any():
        axes.plot(
            [chosen], values[epochs == chosen], "*", markersize=13, color=ORANGE, markeredgecolor=INK,
            markeredgewidth=0.6, label=f"chosen: epoch {chosen}", zorder=5, clip_on=False,
        )  # fmt: skip


def _shared_legend(figure: Figure, *panels: Axes) -> None:
    """Put what the panels name below all of them, where it hides nothing."""
    handles, labels = [], []
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.append(handle)
            labels.append(label)
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), handlelength=2.6, columnspacing=2.5)


def _epoch_axis(axes: Axes, epochs: NDArray) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    spread = max(1.0, float(np.ptp(epochs)))
    axes.set_xlim(epochs.min() - 0.03 * spread, epochs.max() + 0.03 * spread)


@_styled
def parameter_distributions(track: ParameterTrack, chosen: int | None = None) -> Figure:
    """Draw how each learned parameter is distributed over the arrangements, epoch by epoch.

    One panel per parameter over its whole range: the median, and bands that hold half and nine tenths of the
    arrangements.
    """
    count = len(track.names)
    rows = -(-count // COLUMNS)
    figure = Figure(figsize=(WIDTH_IN, 2.3 * rows + 0.3), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    epochs = np.array(track.epochs)
    for column, axes in enumerate(panels):
        if column >= count:
            axes.remove()
            continue
        values = [table[:, column] for table in track.values]
        _bands(axes, epochs, np.array([np.percentile(v, (5, 25, 50, 75, 95)) for v in values]))
        low, high = track.ranges[column]
        margin = 0.04 * (high - low)
        axes.set_ylim(low - margin, high + margin)
        for edge in (low, high):
            axes.axhline(edge, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_title(track.names[column])
        _epoch_axis(axes, epochs)
        if chosen is not None:
            axes.axvline(chosen, color=ORANGE, linewidth=1.4, zorder=1)
    _shared_legend(figure, panels[0])
    return figure


def _bands(axes: Axes, epochs: NDArray, percentiles: NDArray) -> None:
    """Draw median and two bands; a single epoch gets bars, since a band needs two ends."""
    p5, p25, p50, p75, p95 = percentiles.T
    if len(epochs) == 1:
        axes.vlines(epochs, p5, p95, color=BLUE, alpha=0.3, linewidth=10, label="5–95 %")
        axes.vlines(epochs, p25, p75, color=BLUE, alpha=0.5, linewidth=10, label="25–75 %")
        axes.plot(epochs, p50, "o", color=BLUE, label="median over arrangements")
        return
    axes.fill_between(epochs, p5, p95, color=BLUE, alpha=0.18, linewidth=0, label="5–95 %")
    axes.fill_between(epochs, p25, p75, color=BLUE, alpha=0.35, linewidth=0, label="25–75 %")
    axes.plot(epochs, p50, color=BLUE, linewidth=1.8, label="median over arrangements")


@_styled
def segmentation_curves(histories: Sequence[SegmentationHistory]) -> Figure:
    """Draw training loss and Dice score on held-out images over the steps, one line per network.

    At least one history must have records; one without held-out images has no Dice score.
    """
    figure = Figure(figsize=(WIDTH_IN, 3.1), layout="constrained")
    panels = figure.subplots(1, 2)
    titles = {"train_loss": "Training loss", "validation_dice": "Dice score on held-out training images"}
    for number, history in enumerate(histories):
        look = {"color": SERIES[number % len(SERIES)], "marker": MARKERS[number % len(MARKERS)], "markersize": 4}
        for axes, key in zip(panels, titles, strict=True):
            points = [(record["step"], record[key]) for record in history.records if key in record]
            if points:
                axes.plot(*zip(*points, strict=True), label=f"seed {history.seed}", **look)
        best = [record for record in history.records if record["step"] == history.best_step]
        if best and "validation_dice" in best[0]:
            panels[1].plot(
                history.best_step, best[0]["validation_dice"], "*", markersize=13, color=look["color"],
                markeredgecolor=INK, markeredgewidth=0.6,
            )  # fmt: skip
    for axes, (key, title) in zip(panels, titles.items(), strict=True):
        axes.set_title(title + (" (star: kept)" if key == "validation_dice" else ""))
        axes.set_xlabel("step")
        axes.set_xlim(left=0)
    panels[0].set_ylim(bottom=0)
    _shared_legend(figure, panels[0])
    return figure


@_styled
def scan_scores(scores: Mapping[str, Mapping[str, Mapping[str, float]]], columns: Mapping[str, str]) -> Figure:
    """Draw the scores of each scan as dots, one panel per score, one row of dots per method.

    Parameters
    ----------
    scores : mapping
        Method → scan → score name → value.
    columns : mapping
        Score name → title, in order.
    """
    methods = list(scores)
    figure = Figure(figsize=(WIDTH_IN, 0.75 + 0.42 * len(methods)), layout="constrained")
    panels = figure.subplots(1, len(columns), squeeze=False, sharey=True, gridspec_kw={"wspace": 0.12})[0]
    for axes, (key, title) in zip(panels, columns.items(), strict=True):
        for row, method in enumerate(methods):
            values = np.array([scan[key] for scan in scores[method].values() if key in scan])
            if not values.size:
                continue
            colour, marker = SERIES[row % len(SERIES)], MARKERS[row % len(MARKERS)]
            axes.plot(values, np.full(values.size, row), marker, color=colour, alpha=0.55, markersize=6, mew=0)
            axes.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=2)
        axes.set_title(title)
        everything = [scan[key] for scans in scores.values() for scan in scans.values() if key in scan]
        axes.set_xlim(*_score_limits(everything))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(methods)), methods)
    panels[0].set_ylim(len(methods) - 0.5, -0.5)
    for label in panels[0].get_yticklabels():
        label.set_color(INK)
    return figure


def _score_limits(values: Sequence[float]) -> tuple[float, float]:
    """Return the tenths around the values, within [0, 1], with room for half a mark."""
    low = math.floor(10 * min(values, default=0.0)) / 10
    high = math.ceil(10 * max(values, default=1.0)) / 10
    margin = 0.03 * max(high - low, 0.1)
    return max(low, 0.0) - margin, min(max(high, low + 0.1), 1.0) + margin


@_styled
def stage_costs(costs: Sequence[StageCost]) -> Figure:
    """Draw time and peak memory of each stage as bars; memory only where it was measured."""
    measured = [cost for cost in costs if cost.peak_memory_mib is not None]
    figure = Figure(figsize=(WIDTH_IN, 0.8 + 0.34 * len(costs)), layout="constrained")
    panels = figure.subplots(1, 2 if measured else 1, squeeze=False, sharey=True)[0]
    rows = np.arange(len(costs))
    seconds = np.array([cost.seconds for cost in costs])
    unit, name = _time_unit(float(seconds.max()))
    _bars(panels[0], rows, seconds / unit, BLUE, [duration(value) for value in seconds])
    panels[0].set_title(f"Time [{name}], {duration(float(seconds.sum()))} in all")
    panels[0].set_yticks(rows, [cost.stage for cost in costs])
    panels[0].set_ylim(len(costs) - 0.5, -0.5)
    for label in panels[0].get_yticklabels():
        label.set_color(INK)
    if measured:
        memory = [math.nan if cost.peak_memory_mib is None else cost.peak_memory_mib / 1024 for cost in costs]
        told = ["not measured" if math.isnan(value) else f"{value:.2f}" for value in memory]
        _bars(panels[1], rows, np.nan_to_num(np.array(memory)), GREEN, told)
        panels[1].set_title("Peak memory [GiB]")
    return figure


def _bars(axes: Axes, rows: NDArray, values: NDArray, colour: str, told: Sequence[str]) -> None:
    axes.barh(rows, values, height=0.62, color=colour)
    for row, value, text in zip(rows, values, told, strict=True):
        axes.annotate(text, (value, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_xlim(0, 1.22 * max(float(values.max()), 1e-9))
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)


def _time_unit(seconds: float) -> tuple[float, str]:
    if seconds >= 2 * 3600:
        return 3600.0, "h"
    return (60.0, "min") if seconds >= 180 else (1.0, "s")
