"""A scan with each particle in a colour of its own."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.reporting.figures.drawing import DPI, WIDTH_IN, picture_axes, scale_bar, stretched, styled, thinned
from diffrendergan.runs.words import plural

GOLDEN = 0.61803398875
"""Steps of this fraction of the colour circle set neighbouring numbers far apart."""
OPACITY = 0.5
HUES = (0.22, 1.10)
"""Particles that the border does not cut take hues from green over blue and red to orange: all but yellow."""
CUT_COLOUR = (1.0, 0.87, 0.0)
"""Yellow is for those that the border cuts; with black stripes it is told from other colours without seeing any."""
STRIPES = 90
"""So many pairs of stripes span the width of a scan."""


def instance_colours(labels: NDArray[np.integer], cut: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return a colour for each label, shape (largest label + 1, 3); particles that the border cuts are yellow.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    cut : ndarray of int
        Labels that the border cuts.
    """
    numbers = np.arange(int(labels.max(initial=0)) + 1)
    first, last = HUES
    hue = (first + (last - first) * ((numbers * GOLDEN) % 1)) % 1
    value = 1 - 0.3 * ((numbers * GOLDEN * GOLDEN * 7) % 1)
    colours = hsv_to_rgb(np.column_stack([hue, np.full(len(numbers), 0.85), value])).astype(np.float32)
    colours[cut] = CUT_COLOUR
    return colours


def coloured(
    pixels: NDArray[np.floating], labels: NDArray[np.integer], cut: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return the scan with the particles coloured and outlined, shape (H, W, 3), in [0, 1]; cut ones are striped."""
    picture = np.repeat(stretched(pixels).astype(np.float32)[..., None], 3, axis=2)
    colours = instance_colours(labels, cut)
    inside = labels > 0
    over = colours[labels[inside]]
    over[(np.isin(labels, cut) & _stripes(labels.shape))[inside]] = 0
    picture[inside] = (1 - OPACITY) * picture[inside] + OPACITY * over
    rim = find_boundaries(labels, connectivity=1, mode="inner")
    picture[rim] = colours[labels[rim]]
    return picture


def _stripes(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return every other diagonal stripe of a picture."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows + columns) // max(shape[1] // (2 * STRIPES), 2) % 2 == 0)


@styled
def instance_overlay(
    pixels: NDArray[np.floating],
    labels: NDArray[np.integer],
    cut: NDArray[np.integer],
    pixel_size_nm: float | None,
    title: str | None,
) -> Figure:
    """Draw the scan with its particles in colours, and a scale bar below; what stays grey is no particle.

    Parameters
    ----------
    pixels, labels : ndarray, shape (H, W)
        Grey values, and 0 background, particles above.
    cut : ndarray of int
        Labels that the border cuts: they have yellow and black stripes.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    title : str or None
        Without one, picture and scale bar fill the figure.
    """
    height, width = labels.shape
    if title is not None:
        number = plural(len(np.unique(labels[labels > 0])), "particle")
        title = f"{title}: {number}, those cut by the border in yellow stripes"
    figure, axes = picture_axes((height, width), title)
    axes.imshow(
        thinned(coloured(pixels, labels, cut)),
        extent=(0, width, height, 0),
        interpolation="none" if width >= WIDTH_IN * DPI else "nearest",
    )
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure
