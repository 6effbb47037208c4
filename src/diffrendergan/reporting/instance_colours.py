"""A scan with each particle in a colour of its own."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.reporting.drawing import DPI, scale_bar, stretched, styled, thinned

GOLDEN = 0.61803398875
"""Steps of this fraction of the colour circle set neighbouring numbers far apart."""
OPACITY = 0.4
CUT_GREY = 0.75
TITLE_IN = 0.35
WIDTH_IN = 8.0


def instance_colours(labels: NDArray[np.integer], cut: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return a colour for each label, shape (largest label + 1, 3); particles that the border cuts are grey.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    cut : ndarray of int
        Labels that the border cuts.
    """
    numbers = np.arange(int(labels.max(initial=0)) + 1)
    hue = (numbers * GOLDEN) % 1
    value = 1 - 0.3 * ((numbers * GOLDEN * GOLDEN * 7) % 1)
    colours = hsv_to_rgb(np.column_stack([hue, np.full(len(numbers), 0.85), value])).astype(np.float32)
    colours[cut] = CUT_GREY
    return colours


def coloured(
    pixels: NDArray[np.floating], labels: NDArray[np.integer], cut: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return the scan with the particles coloured and outlined, shape (H, W, 3), in [0, 1]."""
    grey = np.repeat(stretched(pixels).astype(np.float32)[..., None], 3, axis=2)
    colours = instance_colours(labels, cut)
    inside = labels > 0
    grey[inside] = (1 - OPACITY) * grey[inside] + OPACITY * colours[labels[inside]]
    rim = find_boundaries(labels, connectivity=1, mode="inner")
    grey[rim] = colours[labels[rim]]
    return grey


@styled
def instance_overlay(
    pixels: NDArray[np.floating],
    labels: NDArray[np.integer],
    cut: NDArray[np.integer],
    pixel_size_nm: float | None,
    title: str,
) -> Figure:
    """Draw the scan with its particles in colours, and a scale bar.

    Parameters
    ----------
    pixels, labels : ndarray, shape (H, W)
        Grey values, and 0 background, particles above.
    cut : ndarray of int
        Labels that the border cuts: they are grey.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    title : str
    """
    height, width = labels.shape
    picture_in = max(WIDTH_IN * height / width, 0.5)
    figure = Figure(figsize=(WIDTH_IN, picture_in + TITLE_IN))
    axes = figure.add_axes((0, 0, 1, picture_in / (picture_in + TITLE_IN)))
    axes.imshow(
        thinned(coloured(pixels, labels, cut)),
        extent=(0, width, height, 0),
        interpolation="none" if width >= WIDTH_IN * DPI else "nearest",
    )
    axes.set_axis_off()
    axes.set_title(f" {title}: {len(np.unique(labels[labels > 0]))} particles, those cut by the border grey", pad=6)
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure
