"""Drawing on scans, and figures as files."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from diffrendergan.image_files.figures import write_figure_png
from diffrendergan.reporting.figures.theme import STYLE
from diffrendergan.runs.atomic import atomic_path

DPI = 150
WIDTH_IN = 8.0
"""Width of a picture that fills its figure [inch]."""
TITLE_IN = 0.35
MOST_PX = 2048
"""Longer pictures are thinned out to at most so many pixels in a figure."""
STRIP_FRACTION = 0.04
"""Height of the strip below a picture that holds the scale bar, as a fraction of the width."""
BAR_FRACTION = 0.22
"""A scale bar is at most this fraction of the width."""

_Arguments = ParamSpec("_Arguments")


def styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """Draw with the house's style, and leave Matplotlib's settings as they were."""

    @wraps(draw)
    def drawn(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Figure:
        with mpl.rc_context({**STYLE}):
            figure = draw(*args, **kwargs)
            FigureCanvasAgg(figure)
            return figure

    return drawn


def write_figure(folder: Path, name: str, figure: Figure) -> list[Path]:
    """Write NAME.png and NAME.svg, atomically; equal figures give equal files.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        # No date and no version, so that equal figures give equal files.
        write_figure_png(paths[0], figure, DPI, facecolor="white", metadata={"Software": None})
        with atomic_path(paths[1]) as temporary:
            figure.savefig(temporary, format="svg", dpi=DPI, facecolor="white", metadata={"Date": None})
    return paths


def picture_axes(shape: tuple[int, int], title: str | None) -> tuple[Figure, Axes]:
    """Return a figure that a scan and the strip of its scale bar fill, with another strip for a title if there is one.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the scan; one unit of the axes is a pixel.
    title : str or None
    """
    height, width = shape
    picture_in = WIDTH_IN * (height / width + STRIP_FRACTION)
    title_in = 0.0 if title is None else TITLE_IN
    figure = Figure(figsize=(WIDTH_IN, picture_in + title_in))
    axes = figure.add_axes((0, 0, 1, picture_in / (picture_in + title_in)))
    show_scan_and_strip(axes, shape)
    axes.set_axis_off()
    if title is not None:
        axes.set_title(f" {title}", pad=6)
    return figure, axes


def show_scan_and_strip(axes: Axes, shape: tuple[int, int]) -> None:
    """Let axes show a scan of so many rows and columns, one unit a pixel, and the strip below it."""
    height, width = shape
    axes.set(xlim=(0, width), ylim=(height + STRIP_FRACTION * width, 0))


def thinned(picture: NDArray) -> NDArray:
    """Return every n-th row and column of a picture that is too large for a figure."""
    step = math.ceil(max(picture.shape[:2]) / MOST_PX)
    return picture[::step, ::step]


def scale_bar(axes: Axes, shape: tuple[int, int], pixel_size_nm: float | None) -> None:
    """Draw a bar of a round length into a black strip below a scan, as microscopes do: it covers nothing.

    Parameters
    ----------
    axes : Axes
        As `show_scan_and_strip` leaves them.
    shape : (int, int)
        Rows and columns of the scan.
    pixel_size_nm : float or None
        Edge of a pixel [nm]; the bar is told in pixels where it is unknown.
    """
    height, width = shape
    per_px = pixel_size_nm or 1.0
    length = round_length(BAR_FRACTION * width * per_px)
    across, strip, margin = length / per_px, STRIP_FRACTION * width, 0.015 * width
    axes.add_patch(Rectangle((0, height), width, strip, color="black", lw=0))
    left, middle, thick = width - margin - across, height + strip / 2, strip / 5
    axes.add_patch(Rectangle((left, middle - thick / 2), across, thick, color="white", lw=0))
    text = told(length, pixel_size_nm)
    axes.text(left - margin, middle, text, color="white", ha="right", va="center_baseline", fontsize=10)


def round_length(most: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is at most this long."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def told(length: float, pixel_size_nm: float | None) -> str:
    """Return a length with its unit: nanometres, micrometres from a thousand on, or pixels."""
    if pixel_size_nm is None:
        return f"{length:g} px"
    return f"{length / 1000:g} µm" if length >= 1000 else f"{length:g} nm"


def stretched(pixels: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return grey values with the darkest and brightest half per cent clipped, in [0, 1]."""
    low, high = np.percentile(pixels, (0.5, 99.5))
    return np.clip((pixels - low) / max(float(high - low), 1e-6), 0, 1)
