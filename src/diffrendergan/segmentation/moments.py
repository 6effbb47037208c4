"""Areas, middles and second moments of the parts of a label image, and of parts taken together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PIXEL = 1 / 12
"""Second moment of a pixel about its middle [px²]."""


class Together(NamedTuple):
    """What two parts are as one."""

    area: float
    """[px]"""
    aspect: float
    """Ratio of the axes of the ellipse of equal moments."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Of the regions of a label image, all (k + 1,), by their numbers.

    Attributes
    ----------
    areas : float64
        [px].
    row, column : float64
        Of their middles [px].
    down, across, mixed : float64
        Central second moments [px²].
    """

    areas: NDArray[np.float64]
    row: NDArray[np.float64]
    column: NDArray[np.float64]
    down: NDArray[np.float64]
    across: NDArray[np.float64]
    mixed: NDArray[np.float64]

    def together(self, one: int, other: int) -> Together:
        """Return what two regions are as one."""
        shares = self.areas[[one, other]] / (self.areas[one] + self.areas[other])
        apart = float(shares[0] * shares[1])
        rows, columns = self.row[one] - self.row[other], self.column[one] - self.column[other]
        down, across, mixed = (
            float(shares @ values[[one, other]]) + apart * float(between)
            for values, between in ((self.down, rows**2), (self.across, columns**2), (self.mixed, rows * columns))
        )
        return Together(float(self.areas[one] + self.areas[other]), float(_ratio(down, across, mixed)))


def moments_of(labels: NDArray[np.int32]) -> Moments:
    """Return the moments of the regions of a label image (H, W)."""
    rows, columns = np.nonzero(labels)
    which = labels[rows, columns]
    areas = np.bincount(which, minlength=int(labels.max(initial=0)) + 1).astype(float)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(which, values, len(areas)) / np.maximum(areas, 1))

    row, column = mean(rows.astype(float)), mean(columns.astype(float))
    down, across = rows - row[which], columns - column[which]
    return Moments(areas, row, column, mean(down**2), mean(across**2), mean(down * across))


def ratio_of_axes(moments: Moments) -> NDArray[np.float64]:
    """Return the ratio of the axes of the ellipse of equal moments of each region, (k + 1,)."""
    return _ratio(moments.down, moments.across, moments.mixed)


def _ratio(down: NDArray | float, across: NDArray | float, mixed: NDArray | float) -> NDArray[np.float64]:
    a, b = np.asarray(down) + PIXEL, np.asarray(across) + PIXEL
    middle, apart = (a + b) / 2, np.hypot((a - b) / 2, mixed)
    return np.asarray(np.sqrt((middle + apart) / np.maximum(middle - apart, PIXEL)))
