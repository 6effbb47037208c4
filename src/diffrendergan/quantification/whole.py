"""What is measured of whole particles, where a network predicts how they go on under others."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.quantification.particles import Particles, Values, measure_particles
from diffrendergan.quantification.scan_table import Row
from diffrendergan.quantification.tables import Column
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import Scale

COLUMNS = (
    Column("whole_area", "area", "pixels of the whole particle, also where others cover it"),
    Column("whole_diameter", "length", "diameter of the disc of that area"),
    Column("whole_feret_max", "length", "largest distance of two parallel tangents of the whole particle"),
    Column("whole_feret_min", "length", "smallest such distance"),
    Column("hidden_fraction", "none", "share of the whole area that others cover"),
    Column("whole_touches_border", "none", "whether the border of the scan cuts the whole particle", pa.bool_()),
    Column("whole_border_weight", "none", "Miles–Lantuéjoul weight of the whole particle; 0 where the border cuts it"),
)
"""Further columns of the particle table."""
_STATISTICS = ("mean", "std", "d10", "d50", "d90")
SCAN_COLUMNS = (
    Column("number_covered", "none", "particles of which others cover more than a hundredth", pa.int64()),
    *(Column(f"whole_{stem}", "length", f"{stem} of the diameters of whole particles, as of the visible ones")
      for stem in _STATISTICS),
    Column("whole_d50_low", "length", "lower bound of the 95 % interval of their median"),
    Column("whole_d50_high", "length", "upper bound of that interval"),
)  # fmt: skip
"""Further columns of the table of scans."""
COVERED = 0.01
"""A particle counts as covered if others cover more than this share of it."""


def measure_whole(layers: Layers, pixels: NDArray[np.floating], field: NDArray[np.bool_] | None = None) -> Particles:
    """Measure whole particles as `measure_particles` does visible ones, in the order of their numbers."""
    sheets = layers.sheets() or [np.zeros(layers.shape, np.int32)]
    parts = [measure_particles(sheet, pixels, field) for sheet in sheets]
    order = np.argsort(np.concatenate([part.label for part in parts]))
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])[order] for field in fields(Particles)
    }
    return Particles(**columns)


def whole_values(visible: Particles, whole: Particles) -> dict[str, Values | NDArray[np.bool_]]:
    """Return the values of `COLUMNS` for particles and the whole ones of the same numbers, lengths in pixels."""
    return {
        "whole_area": whole.area,
        "whole_diameter": whole.diameter,
        "whole_feret_max": whole.feret_max,
        "whole_feret_min": whole.feret_min,
        "hidden_fraction": 1 - visible.area / whole.area,
        "whole_touches_border": whole.touches_border,
        "whole_border_weight": whole.border_weight,
    }


def whole_row(visible: Particles, whole: Particles, sizes: Sizes, scale: Scale) -> Row:
    """Return the values of `SCAN_COLUMNS` by their names with unit; sizes are in the scale's unit already."""
    _, bounds = sizes.median
    values = {f"whole_{stem}": getattr(sizes.number, stem) for stem in _STATISTICS}
    values |= {"whole_d50_low": bounds and bounds.low, "whole_d50_high": bounds and bounds.high}
    ending = scale.ending("length")
    covered = int((visible.area < (1 - COVERED) * whole.area).sum())
    return {"number_covered": covered, **{name + ending: value for name, value in values.items()}}
