"""A scan with the whole outlines of its particles, also where others cover them."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.labels.outlines import outlines
from diffrendergan.reporting.figures.drawing import DPI, WIDTH_IN, picture_axes, scale_bar, stretched, styled, thinned
from diffrendergan.reporting.figures.instance_colours import instance_colours
from diffrendergan.runs.words import plural

SHADE = np.array([0.85, 0.1, 0.1])
"""Colour over what lies on other particles."""
OPACITY = 0.35
LINE_PT = 0.9


@styled
def whole_overlay(
    pixels: NDArray[np.floating], layers: Layers, pixel_size_nm: float | None, title: str | None
) -> Figure:
    """Draw the scan with the outline of each whole particle, and red shade where one covers another.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Grey values.
    layers : Layers
        The whole particles.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    title : str or None
        Without one, picture and scale bar fill the figure.
    """
    height, width = layers.shape
    if title is not None:
        title = f"{title}: {plural(len(layers), 'whole particle')}, red where one covers another"
    figure, axes = picture_axes((height, width), title)
    picture = np.repeat(stretched(pixels)[..., None], 3, axis=2)
    covered = layers.depth() > 1
    picture[covered] = (1 - OPACITY) * picture[covered] + OPACITY * SHADE
    interpolation = "none" if width >= WIDTH_IN * DPI else "nearest"
    axes.imshow(thinned(picture), extent=(0, width, height, 0), interpolation=interpolation)
    drawn = [
        (layer.number, corners + np.array([layer.left, layer.top]))
        for layer in layers
        for _, corners in outlines(layer.mask.astype(np.uint8))
    ]
    colours = instance_colours(layers.numbers, np.zeros(0, np.int64))
    edges = [colours[number] for number, _ in drawn]
    axes.add_collection(
        PolyCollection([corners for _, corners in drawn], facecolors="none", edgecolors=edges, linewidths=LINE_PT)
    )
    scale_bar(axes, (height, width), pixel_size_nm)
    return figure
