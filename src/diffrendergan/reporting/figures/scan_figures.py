"""The figures of one measured scan, as `quantify` and the report of a run both draw them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from diffrendergan.micrographs.types import Micrograph
from diffrendergan.quantification.particles import Particles
from diffrendergan.quantification.wires.wires import Wires
from diffrendergan.reporting.figures.instance_colours import instance_overlay
from diffrendergan.reporting.figures.thickness_figures import thickness_map, thickness_picture


def instances_figure(
    scan: Micrograph, labels: NDArray[np.integer], particles: Particles, titled: bool = True
) -> Figure:
    """Draw a scan with its particles in colours, those that the border cuts in yellow stripes.

    Parameters
    ----------
    scan : Micrograph
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    particles : Particles
        What was measured on these labels.
    titled : bool
        With the scan's name and the number of particles above; without, the picture fills the figure.
    """
    cut = particles.label[particles.touches_border]
    return instance_overlay(scan.pixels, labels, cut, scan.pixel_size_nm, scan.name if titled else None)


def thickness_figure(scan: Micrograph, wires: Wires, top: float | None = None) -> Figure:
    """Draw the local thickness of a scan's wires.

    Parameters
    ----------
    scan : Micrograph
    wires : Wires
        What was measured on it.
    top : float, optional
        What has the last colour, in the scan's unit, for maps that share a colour bar: the picture fills the figure.
        By default the map has a title and a colour bar of its own.
    """
    shown = scan.pixels, wires.thickness, wires.crossings, scan.pixel_size_nm
    return thickness_map(*shown, scan.name) if top is None else thickness_picture(*shown, top)
