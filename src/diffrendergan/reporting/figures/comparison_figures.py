"""Spectra, noise and grey levels of real and synthetic patches over each other."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diffrendergan.realism.comparison import Curves
from diffrendergan.realism.description import SHARES
from diffrendergan.reporting.figures.drawing import styled
from diffrendergan.reporting.figures.theme import BLUE, VERMILION, make_logarithmic

WIDTH_IN, HEIGHT_IN = 11.1, 3.3
COLOURS = {"real": (BLUE, "-"), "synthetic": (VERMILION, "--")}


@styled
def comparison_curves(curves: Curves) -> Figure:
    """Draw medians of both sides, and bands between the quartiles of their patches."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    spectrum, noise, grey = figure.subplots(1, 3)
    _both(spectrum, np.array(curves.frequencies), curves.power)
    make_logarithmic(spectrum, "x", "y")
    spectrum.set(title="Power spectrum", xlabel="cycles per pixel", ylabel="power per pixel [grey²]")
    classes = np.arange(1, len(next(iter(curves.noise.values()))) + 1)
    _both(noise, classes, curves.noise)
    make_logarithmic(noise, "y")
    noise.set(title="Noise", xlabel="sixth of the pixels, from dark to bright", ylabel="noise [grey]")
    _both(grey, 100 * np.array(SHARES), curves.grey)
    grey.set(title="Grey levels", xlabel="share of the pixels below [%]", ylabel="grey level")
    spectrum.legend()
    return figure


def _both(axes: Axes, places: np.ndarray, sides: dict[str, tuple[tuple[float, float, float], ...]]) -> None:
    for side, (colour, line) in COLOURS.items():
        low, middle, high = np.array(sides[side]).T
        axes.plot(places, middle, color=colour, linestyle=line, label=side)
        axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
