"""A scan beside its twin, sizes as found and corrected, and what becomes of particles by their size."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.reporting.figures.drawing import stretched, styled
from diffrendergan.reporting.figures.theme import BLUE, GREEN, MUTED, ORANGE, PURPLE, VERMILION, make_logarithmic
from diffrendergan.twins.linking import FATES
from diffrendergan.twins.results import TwinResult
from diffrendergan.twins.sample import fullest_part
from diffrendergan.twins.study import Study

WIDTH_IN, HEIGHT_IN = 9.6, 7.6
MOST_PX = 400
"""Pictures show at most so much of a scan [px]."""
COLOURS = dict(zip(FATES, (VERMILION, GREEN, ORANGE, PURPLE), strict=True))


@styled
def twin_figure(study: Study, result: TwinResult) -> Figure:
    """Draw a scan and a twin with what was found in both, the sizes, and what becomes of particles by size."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    (scan, twin), (sizes, fates) = figure.subplots(2, 2)
    source, last = study.sample.scans[0], study.twins[-len(study.sample.scans)]
    rows, columns = (min(MOST_PX, *sides) for sides in zip(source.labels.shape, last.image.shape, strict=True))
    part, of_twin = (fullest_part(labels, (rows, columns)) for labels in (source.labels, last.true))
    _picture(scan, source.pixels[part], source.labels[part], f"{source.name}: found")
    _picture(twin, last.image[of_twin], last.found[of_twin], "a twin: found; green: true", last.true[of_twin])
    _sizes(sizes, result)
    _fates(fates, result)
    return figure


@styled
def taught_figure(result: TwinResult) -> Figure:
    """Draw the sizes and what becomes of particles by size, without any picture."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN / 2), layout="constrained")
    sizes, fates = figure.subplots(1, 2)
    _sizes(sizes, result)
    _fates(fates, result)
    return figure


def _picture(
    axes: Axes, pixels: NDArray[np.float32], found: NDArray[np.int32], title: str,
    true: NDArray[np.int32] | None = None,
) -> None:  # fmt: skip
    picture = np.repeat(stretched(pixels)[..., None], 3, axis=2)
    if true is not None:
        picture[find_boundaries(true, mode="inner")] = (0.0, 0.62, 0.45)
    picture[find_boundaries(found, mode="inner")] = (1.0, 0.42, 0.0)
    axes.imshow(picture, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(title)


def _sizes(axes: Axes, result: TwinResult) -> None:
    """Draw shares of the particles in bins, with intervals where they are corrected."""
    edges = np.array([result.bins[0].above, *(each.below for each in result.bins)])
    found = np.array([each.share.found or 0.0 for each in result.bins])
    axes.stairs(100 * found, edges, color=MUTED, ls="--", lw=1.4, label="as found")
    if not result.why_not:
        share, low, high = (
            100 * np.array([getattr(each.share, side) or 0.0 for each in result.bins])
            for side in ("corrected", "low", "high")
        )
        axes.stairs(share, edges, color=BLUE, lw=1.6, label="corrected")
        axes.stairs(high, edges, baseline=low, fill=True, color=BLUE, alpha=0.2, lw=0, label="95 %")
    make_logarithmic(axes, "x")
    axes.set(xlabel=f"diameter [{result.unit}]", ylabel="share of the particles [%]",
             title="Sizes" if not result.why_not else "Sizes, not corrected")  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.legend()


def _fates(axes: Axes, result: TwinResult) -> None:
    diameters = [row.diameter for row in result.fates]
    for name in ("missed", "merged", "split"):
        axes.plot(diameters, [100 * getattr(row, name) for row in result.fates], color=COLOURS[name], label=name)
    change = [100 * (row.size_factor - 1) for row in result.fates]
    axes.plot(diameters, change, color=BLUE, ls="--", label="change of diameter of single ones")
    axes.axhline(0, color=MUTED, lw=0.8)
    make_logarithmic(axes, "x")
    axes.set(xlabel=f"diameter [{result.unit}]", ylabel="share, change [%]",
             title=f"What becomes of particles ({result.twins} twins)")  # fmt: skip
    axes.legend()
