"""One row a scan: counts, coverage, densities, sizes, wires."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.quantification.particles import Particles
from diffrendergan.quantification.tables import Column
from diffrendergan.quantification.wires.wires import Wires
from diffrendergan.sizes.distribution import PLAIN, named, size_statistics
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.sizes import Sizes, without_nan
from diffrendergan.sizes.units import Quantity, Scale

_WIDE = ("span", "geometric_mean", "geometric_std")
_WEIGHTINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "each particle counts alike; corrected for the border", ("d32", "d43", *_WIDE)),
    ("area_", "each particle counts by its area; corrected for the border", ("d32", *_WIDE)),
    ("volume_", "each particle counts by the volume of a sphere as wide; corrected for the border", _WIDE),
    ("uncorrected_", "each particle counts alike; not corrected", ("d32",)),
    ("uncorrected_area_", "each particle counts by its area; not corrected", ("d32",)),
)
"""Prefixes of the columns, what they mean, and which statistics there are beside the first five."""
_STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "mean": "mean diameter",
        "std": "standard deviation of the diameter",
        "d10": "a tenth of the particles is smaller",
        "d50": "median diameter",
        "d90": "nine tenths of the particles are smaller",
        "d32": "Sauter mean diameter Σd³/Σd²",
        "d43": "De Brouckere mean diameter Σd⁴/Σd³",
        "span": "(d90 − d10) / d50",
        "geometric_mean": "exponential of the mean logarithm of the diameter",
        "geometric_std": "exponential of the standard deviation of the logarithm",
    }
)
_ALWAYS = ("mean", "std", "d10", "d50", "d90")
_SIZES = tuple(
    (prefix, statistic, f"{_STATISTICS[statistic]}; {weighting}")
    for prefix, weighting, more in _WEIGHTINGS
    for statistic in (*_ALWAYS, *more)
)

SCAN_COLUMNS = (
    Column("scan", "none", "name of the scan", pa.string()),
    Column("width_px", "none", "columns of the scan", pa.int64()),
    Column("height_px", "none", "rows of the scan without its data bar", pa.int64()),
    Column("field_px", "none", "pixels of the field: coverage and densities are of it alone", pa.int64()),
    Column("pixel_size_nm", "none", "edge of a pixel; missing where it is unknown"),
    Column("number", "none", "particles, cut ones as well", pa.int64()),
    Column("number_whole", "none", "particles that the border does not cut", pa.int64()),
    Column("number_specks", "none", f"those of them of less than {RULES.speck_px} px", pa.int64()),
    Column("number_unsure", "none", "particles left out since they are less sure than was asked for", pa.int64()),
    Column("coverage", "none", "fraction of the area that is particle"),
    Column("density", "per_area", "particles per area, cut ones as well"),
    Column("density_corrected", "per_area", "particles per area: Miles–Lantuéjoul weights of the whole ones"),
)
"""Of every scan."""

SIZE_COLUMNS = (
    *(Column(prefix + stem, "none" if stem in PLAIN else "length", words) for prefix, stem, words in _SIZES),
    Column("d50_low", "length", "lower bound of the median's 95 % interval"),
    Column("d50_high", "length", "upper bound of the median's 95 % interval"),
    Column("fit", "none", "preferred distribution: normal, lognormal or bimodal", pa.string()),
)

WIRE_COLUMNS = (
    Column("wires", "none", "wires, cut ones as well", pa.int64()),
    Column("wire_length", "length", "length of all wires"),
    Column("length_density", "per_length", "length of all wires over the area"),
    Column("crossings", "none", "places where wires cross", pa.int64()),
    Column("branches", "none", "places where a wire branches off or ends on another", pa.int64()),
    Column("crossing_density", "per_area", "crossings per area"),
    Column("curvature_mean", "per_length", "mean curvature, weighted by length"),
    Column("thickness_mean", "length", "mean local thickness; each pixel of the wires counts alike"),
    Column("thickness_std", "length", "standard deviation of the local thickness"),
    Column("thickness_d10", "length", "a tenth of the wires' area is thinner"),
    Column("thickness_d50", "length", "median local thickness"),
    Column("thickness_d90", "length", "nine tenths of the wires' area are thinner"),
)

Row = dict[str, Any]


def scan_row(
    scan: str,
    labels: NDArray[np.integer],
    particles: Particles,
    sizes: Sizes,
    wires: Wires | None,
    pixel_size_nm: float | None,
    scale: Scale,
    field: NDArray[np.bool_] | None = None,
    unsure: int = 0,
) -> Row:
    """Return the values of one scan by the columns' names with units; None where there is nothing to say.

    Parameters
    ----------
    scan : str
        Its name.
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    particles : Particles
        In pixels.
    sizes : Sizes
        In the scale's unit.
    wires : Wires or None
        In pixels; None for particles.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    scale : Scale
        Of the scan.
    field : ndarray of bool, shape (H, W), or None
        What of the image was recorded: coverage and densities are of that alone. None for all of it.
    unsure : int
        Particles that were left out.
    """
    area = labels.size if field is None else int(field.sum())
    whole = ~particles.touches_border
    counted = Counted(
        labels.shape,
        area,
        int(((labels > 0) if field is None else (labels > 0) & field).sum()),
        len(particles),
        int(whole.sum()),
        int((whole & (particles.area < RULES.speck_px)).sum()),
        unsure,
        float(particles.border_weight.sum()),
    )
    row = counted_row(scan, counted, sizes, pixel_size_nm, scale)
    if wires is not None:
        row |= _wire_values(wires, area, scale)
    return without_nan(row)


class Counted(NamedTuple):
    """What is counted in an area."""

    shape: tuple[int, ...]
    """Its rows and columns."""
    area_px: int
    """Pixels that were recorded."""
    covered_px: int
    """Those of them that are particle."""
    number: int
    """Particles, cut ones as well."""
    whole: int
    """Those that the border does not cut."""
    specks: int
    """Very small ones of them."""
    unsure: int
    """Particles left out."""
    weights: float
    """Sum of the Miles–Lantuéjoul weights."""


def counted_row(scan: str, counted: Counted, sizes: Sizes, pixel_size_nm: float | None, scale: Scale) -> Row:
    """Return the values of a scan, or of what takes its place, by the columns' names with units.

    Parameters
    ----------
    scan : str
        Its name.
    counted : Counted
    sizes : Sizes
        In the scale's unit.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    scale : Scale
    """
    row: Row = {
        "scan": scan,
        "width_px": counted.shape[1],
        "height_px": counted.shape[0],
        "field_px": counted.area_px,
        "pixel_size_nm": pixel_size_nm,
        "number": counted.number,
        "number_whole": counted.whole,
        "number_specks": counted.specks,
        "number_unsure": counted.unsure,
        "coverage": counted.covered_px / counted.area_px,
    }
    densities = {"density": counted.number / counted.area_px, "density_corrected": counted.weights / counted.area_px}
    row |= _with_units(densities, SCAN_COLUMNS, scale)
    return without_nan(row | _size_values(sizes, scale))


def row_table(rows: list[Row], columns: tuple[Column, ...], scale: Scale) -> pa.Table:
    """Return rows as a table; their values are in the scale's unit already."""
    fields = [
        pa.field(
            column.name(scale),
            column.kind,
            metadata={"unit": scale.symbol(column.quantity), "definition": column.definition},
        )
        for column in columns
    ]
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _size_values(sizes: Sizes, scale: Scale) -> Row:
    ending = scale.ending("length")
    kinds = (sizes.number, sizes.area, sizes.volume, sizes.uncorrected_number, sizes.uncorrected_area)
    by_prefix = dict(zip((prefix for prefix, _, _ in _WEIGHTINGS), kinds, strict=True))
    row: Row = {prefix + named(stem, scale.unit): getattr(by_prefix[prefix], stem) for prefix, stem, _ in _SIZES}
    _, bounds = sizes.median
    row |= {f"d50_low{ending}": bounds and bounds.low, f"d50_high{ending}": bounds and bounds.high}
    row["fit"] = sizes.fits.preferred
    return row


def _wire_values(wires: Wires, area_px: int, scale: Scale) -> Row:
    covered = wires.thickness[wires.thickness > 0].astype(np.float64)
    thickness = size_statistics(covered)
    values = {
        "wires": len(wires.wires),
        "wire_length": wires.length,
        "length_density": wires.length / area_px,
        "crossings": len(wires.crossings),
        "branches": len(wires.branches),
        "crossing_density": len(wires.crossings) / area_px,
        "curvature_mean": wires.curvature,
        "thickness_mean": thickness.mean,
        "thickness_std": thickness.std,
        "thickness_d10": thickness.d10,
        "thickness_d50": thickness.d50,
        "thickness_d90": thickness.d90,
    }
    return _with_units(values, WIRE_COLUMNS, scale)


def _with_units(values: Row, columns: tuple[Column, ...], scale: Scale) -> Row:
    by_stem = {column.stem: column for column in columns}

    def factor(quantity: Quantity) -> float:
        return 1 if quantity == "none" else scale.factor(quantity)

    return {by_stem[stem].name(scale): value * factor(by_stem[stem].quantity) for stem, value in values.items()}
