"""From the numbers of a file to grey values in [0, 1].

Rules
-----
- 8 bit: value / 255.
- 16 bit: value / 65535, unless a project uses a small part of that range (12-bit cameras,
  dim scans): then one common stretch holds for all its scans of more than 8 bits.
- Everything else (floating point, signed or 32-bit integers): taken as it is if all values
  lie in [0, 1]; otherwise only a project's common stretch can bring it there.

Scans of several kinds of numbers have a range for each kind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import FloatImage

EIGHT_BITS = "uint8"
"""The kind of numbers of 8-bit scans."""
FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}
TAIL_PERCENT = 0.1
"""Share of the pixels [%] at either end that may be clipped by the common stretch."""
SMALL_PART = 0.5
"""A project that uses less than this fraction of the 16-bit range is stretched."""
SAMPLES_PER_SCAN = 50_000
ROWS_AT_ONCE = 256


def scale_values(values: NDArray[np.generic], stretch: Stretch | None, where: str, kind: str = "") -> FloatImage:
    """Scale the values of a file to [0, 1].

    Parameters
    ----------
    values : ndarray, shape (H, W)
        uint8, uint16 or float32, as in `RawScan.values`.
    stretch : Stretch or None
        The common stretch.
    where : str
        The file, for the message.
    kind : str
        Of the numbers, where the stretch has several.

    Raises
    ------
    DataError
        If the values have no known full scale and lie outside [0, 1].
    """
    if stretch is not None and (values.dtype != np.uint8 or EIGHT_BITS in stretch.kinds):
        low, high = stretch.ends(EIGHT_BITS if values.dtype == np.uint8 else kind)
        return _scaled(values, lambda rows: np.clip((rows - low) / (high - low), 0, 1))
    if values.dtype == np.uint8:
        return values.astype(np.float32) / np.float32(255)
    if values.dtype in FULL_SCALE:
        return _scaled(values, lambda rows: rows / FULL_SCALE[values.dtype])
    floats = np.asarray(values, dtype=np.float32)
    low, high = float(floats.min()), float(floats.max())
    if low < 0 or high > 1:
        raise DataError(
            f"{where} has values from {low:g} to {high:g}, and a file that is neither 8 nor 16 bit must hold "
            "grey values in [0, 1]; save it as 8- or 16-bit, or use it within a project, which finds a common scale."
        )
    return floats


def _scaled(values: NDArray[np.generic], scale: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> FloatImage:
    """Scale in double precision, some rows at a time: all of a large scan would take sixteen bytes a pixel."""
    scaled = np.empty(values.shape, np.float32)
    for start in range(0, len(values), ROWS_AT_ONCE):
        rows = np.s_[start : start + ROWS_AT_ONCE]
        scaled[rows] = scale(values[rows].astype(np.float64))
    return scaled


def samples_of(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return evenly spaced pixels of a scan."""
    flat = values.ravel()
    return flat[:: max(1, flat.size // SAMPLES_PER_SCAN)].astype(np.float64)
