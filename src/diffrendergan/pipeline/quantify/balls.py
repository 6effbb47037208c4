"""Sizes of balls from those of the discs that a section cuts of them, where that is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.quantification.tables import Column, make_table, write_table
from diffrendergan.sizes.sections import lognormal_balls, unfolded
from diffrendergan.sizes.units import Scale, Unit

BALLS = "balls"
"""Name of the table."""
CLASSES = 12
"""Of the table: with more, the noise of each is carried on to all smaller ones (Saltykov took up to 15)."""
COLUMNS = (
    Column("diameter_from", "length", "lower edge of the class"),
    Column("diameter_to", "length", "upper edge of the class"),
    Column("discs", "none", "share of the discs that were seen, corrected for the border"),
    Column("balls", "none", "share of the balls in space, each counting alike, by Saltykov's classes"),
    Column("lognormal", "none", "the same by the lognormal law whose discs have the moments of those seen"),
)


def write_balls(
    out: Path, diameters: NDArray[np.float64], weights: NDArray[np.float64], unit: Unit, ending: str = ""
) -> list[Path]:
    """Write the distribution of balls that discs tell of; nothing where there are no whole discs.

    Parameters
    ----------
    out : pathlib.Path
        Folder of the results.
    diameters, weights : float64 (k,)
        Of the discs of all scans, in the unit.
    unit : {"nm", "px"}
    ending : str
        Of the file's name.
    """
    whole = weights > 0
    if not whole.any():
        return []
    discs, counted = diameters[whole], weights[whole]
    edges, seen, balls = unfolded(discs, CLASSES, counted)
    median, sigma = lognormal_balls(discs, counted)
    values = {
        "diameter_from": edges[:-1],
        "diameter_to": edges[1:],
        "discs": seen,
        "balls": balls,
        "lognormal": _shares(edges, median, sigma),
    }
    table: pa.Table = make_table(COLUMNS, values, Scale(unit, 1.0))
    return write_table(out, f"{BALLS}{ending}", table)


def _shares(edges: NDArray[np.float64], median: float, sigma: float) -> NDArray[np.float64]:
    from scipy.stats import lognorm

    if sigma == 0:
        return np.diff((edges >= median).astype(float))
    return np.asarray(np.diff(lognorm.cdf(edges, sigma, scale=median)))
