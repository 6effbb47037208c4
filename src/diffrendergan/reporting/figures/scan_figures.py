"""The figures of one measured scan, as `quantify` and the report of a run both draw them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.field import recorded
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.reporting.figures.instance_colours import instance_overlay
from diffrendergan.reporting.figures.thickness_figures import thickness_map, thickness_picture
from diffrendergan.reporting.figures.whole_figures import whole_overlay


def instances_figure(
    scan: Micrograph, labels: NDArray[np.integer], cut: NDArray[np.int64], titled: bool = True
) -> Figure:
    """Draw a scan with its particles in colours, those that the border cuts in yellow stripes.

    Parameters
    ----------
    scan : Micrograph
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    cut : ndarray of int, shape (c,)
        Labels of the particles that the border cuts.
    titled : bool
        With the scan's name and the number of particles above; without, the picture fills the figure.
    """
    return instance_overlay(recorded(scan), labels, cut, scan.pixel_size_nm, scan.name if titled else None)


def thickness_figure(
    scan: Micrograph, thickness_px: NDArray[np.floating], crossings_px: NDArray[np.float64], top: float | None = None
) -> Figure:
    """Draw the local thickness of a scan's wires.

    Parameters
    ----------
    scan : Micrograph
    thickness_px : ndarray, shape (H, W)
        Local thickness [px], 0 outside.
    crossings_px : ndarray, shape (c, 2)
        Places of the crossings as x, y [px].
    top : float, optional
        What has the last colour, in the scan's unit, for maps that share a colour bar: the picture fills the figure.
        By default the map has a title and a colour bar of its own.
    """
    shown = recorded(scan), thickness_px, crossings_px, scan.pixel_size_nm
    return thickness_map(*shown, scan.name) if top is None else thickness_picture(*shown, top)


def whole_figure(scan: Micrograph, layers: Layers, titled: bool = True) -> Figure:
    """Draw a scan with the whole outlines of its particles, also where others cover them; arguments as above."""
    return whole_overlay(recorded(scan), layers, scan.pixel_size_nm, scan.name if titled else None)
