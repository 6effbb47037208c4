"""The sheet of a fit: real and synthetic patches mixed, and the statistics of both over each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.fitting.distance import Target
from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.reporting.figures.theme import BLUE, INK, MUTED, STYLE, VERMILION, make_logarithmic
from diffrendergan.reporting.preview.tiles import show_tiles
from diffrendergan.runs import seeds

ROWS, COLUMNS = 3, 8
FROM_TO = (10, 90)
"""Percentiles of the patches between which the bands of the curves lie."""


def write_sheet(
    path: Path,
    real: NDArray[np.float32],
    synthetic: NDArray[np.float32],
    target: Target,
    shown: torch.Tensor,
    fitted: torch.Tensor,
    totals: Sequence[float],
    seed: int,
) -> None:
    """Write the sheet as PNG.

    Parameters
    ----------
    path : Path
    real, synthetic : float32 (n, S, S), (m, S, S)
        Patches in [0, 1].
    target : Target
        Names the statistics.
    shown, fitted : torch.Tensor
        Statistics of both, shapes (n, F) and (m, F).
    totals : sequence of float
        The distance at each step.
    seed : int
        Mixes the patches.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    with mpl.rc_context({**STYLE, "figure.facecolor": "white", "savefig.facecolor": "white"}):
        figure = Figure(figsize=(15, 13), layout="constrained")
        halves = np.asarray(figure.subfigures(2, 1, height_ratios=[1, 1.15]))
        top, bottom = halves
        _mix(top.subplots(), real, synthetic, seed)
        top.suptitle("real (blue frame) and synthetic (red frame) patches, mixed")
        panels = bottom.subplots(3, 4).ravel()
        _curves(panels, target, shown, fitted)
        _descent(panels[len(target.groups)], totals)
        for axes in panels[len(target.groups) + 1 :]:
            axes.axis("off")
        write_figure_png(path, figure, 90)


def _mix(axes: Axes, real: NDArray, synthetic: NDArray, seed: int) -> None:
    rng = seeds.generator(seed, "fit", "sheet")
    half = ROWS * COLUMNS // 2
    chosen = [
        *((real[i], BLUE) for i in rng.choice(len(real), half, replace=len(real) < half)),
        *((synthetic[i], VERMILION) for i in rng.choice(len(synthetic), half, replace=len(synthetic) < half)),
    ]
    images, colours = zip(*(chosen[which] for which in rng.permutation(len(chosen))), strict=True)
    show_tiles(axes, images, COLUMNS, (0, 1), colours)


def _curves(panels: NDArray, target: Target, shown: torch.Tensor, fitted: torch.Tensor) -> None:
    first = 0
    for axes, group in zip(panels, target.groups, strict=False):
        columns = slice(first, first + len(group.labels))
        first = columns.stop
        at = np.arange(len(group.labels))
        for values, colour, name in ((shown, BLUE, "real"), (fitted, VERMILION, "synthetic")):
            part = values[:, columns].numpy()
            part = part[np.isfinite(part).any(1)]
            if not len(part):
                continue
            low, middle, high = np.nanpercentile(part, [FROM_TO[0], 50, FROM_TO[1]], axis=0)
            axes.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(at, middle, color=colour, label=name)
        step = max(1, len(at) // 4)
        axes.set_xticks(at[::step], group.labels[::step], fontsize=7)
        axes.set_title(group.name, fontsize=9, color=INK)
    panels[0].legend(fontsize=8)


def _descent(axes: Axes, totals: Sequence[float]) -> None:
    axes.plot(totals, color=MUTED)
    make_logarithmic(axes, "y")
    axes.set(title="distance at each step", xlabel="step")
    axes.title.set_fontsize(9)
