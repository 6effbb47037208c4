"""Units: what a pixel is worth, and how a column says its unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError

Unit = Literal["nm", "px"]
Quantity = Literal["length", "area", "per_length", "per_area", "height", "none"]
"""A `height` is in nm whether the size of a pixel is known or not: numbers of height maps say it themselves."""

PER_AREA = 1e6
"""nm² in a µm², and px in a Mpx: numbers of particles are given per one of these."""
NM_PER_UM = 1e3

_ENDINGS: dict[Unit, dict[Quantity, str]] = {
    "nm": {
        "length": "_nm",
        "area": "_nm2",
        "per_length": "_per_um",
        "per_area": "_per_um2",
        "height": "_nm",
        "none": "",
    },
    "px": {
        "length": "_px",
        "area": "_px",
        "per_length": "_per_px",
        "per_area": "_per_mpx",
        "height": "_nm",
        "none": "",
    },
}
_SYMBOLS: dict[Unit, dict[Quantity, str]] = {
    "nm": {"length": "nm", "area": "nm²", "per_length": "1/µm", "per_area": "1/µm²", "height": "nm", "none": ""},
    "px": {"length": "px", "area": "px", "per_length": "1/px", "per_area": "1/Mpx", "height": "nm", "none": ""},
}


@dataclass(frozen=True)
class Scale:
    """The unit of a scan's results."""

    unit: Unit
    per_px: float
    """Units that a pixel's edge is long; 1 where the scale is unknown."""

    def factor(self, quantity: Quantity) -> float:
        """Return what a value in pixels is multiplied with."""
        if quantity == "length":
            return self.per_px
        if quantity == "area":
            return self.per_px**2
        if quantity == "per_length":
            return NM_PER_UM / self.per_px if self.unit == "nm" else 1.0
        return PER_AREA / self.per_px**2 if quantity == "per_area" else 1.0

    def ending(self, quantity: Quantity) -> str:
        """Return how a column's name ends, e.g. `_nm2`."""
        return _ENDINGS[self.unit][quantity]

    def symbol(self, quantity: Quantity) -> str:
        """Return the unit as text, e.g. `nm²`."""
        return _SYMBOLS[self.unit][quantity]


def scale_of(pixel_size_nm: float | None) -> Scale:
    """Return the scale of a scan: nanometres where the pixel size is known, pixels where it is not.

    Raises
    ------
    DataError
        If the pixel size is not a positive number.
    """
    if pixel_size_nm is None:
        return Scale("px", 1.0)
    if not (math.isfinite(pixel_size_nm) and pixel_size_nm > 0):
        raise DataError(f"a pixel size of {pixel_size_nm} nm is impossible; give a positive number, or leave it out.")
    return Scale("nm", float(pixel_size_nm))


def equivalent_diameters(areas: NDArray[np.number]) -> NDArray[np.float64]:
    """Return the diameters of discs of the given areas, shape (k,), in the unit whose square the areas are in."""
    return np.asarray(2 * np.sqrt(np.asarray(areas) / np.pi), np.float64)
