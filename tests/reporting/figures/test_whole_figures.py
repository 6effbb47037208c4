"""Whole outlines on a scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.collections import PolyCollection
from tests.fixtures.overlapping import discs

from diffrendergan.micrographs.types import Micrograph
from diffrendergan.reporting.figures.scan_figures import whole_figure


def test_each_particle_has_a_closed_outline_also_where_it_is_covered():
    labels, layers = discs((60, 80), [(30, 30, 14), (30, 46, 14)])
    scan = Micrograph("a", (labels > 0).astype(np.float32), 5.0, Path("a.tif"), 8)
    (axes,) = whole_figure(scan, layers).axes
    (drawn,) = (one for one in axes.collections if isinstance(one, PolyCollection))
    boxes = [path.get_extents().bounds for path in drawn.get_paths()]
    assert boxes == [(16, 16, 28, 28), (32, 16, 28, 28)]
    assert "2 whole particles" in axes.get_title("left")
    picture = axes.images[0].get_array()
    assert picture[30, 38, 0] > picture[30, 38, 1]
    assert picture[30, 20, 0] == picture[30, 20, 1]
