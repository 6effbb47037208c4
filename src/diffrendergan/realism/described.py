"""Named numbers that describe a patch, and what becomes of them when its brightness and contrast are evened out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["power", "amplitude", "none"]
"""Logarithms of squared grey values, of grey values, and what has no unit of grey."""

ROUNDING = (1 / 255) ** 2 / 12
"""Variance of rounding to 8 bits [grey²]: it hides what is weaker, so it is added before a logarithm is taken."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers of one kind that describe a patch."""

    group: str
    """What kind of property they are of."""
    names: tuple[str, ...]
    """In words that fit into *the synthetic images have less …*."""
    values: NDArray[np.float64]
    """Shape (k,)."""
    unit: Unit


@dataclass(frozen=True, eq=False)
class Table:
    """The numbers of many patches."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    units: tuple[Unit, ...]
    values: NDArray[np.float64]
    """Shape (n, D)."""

    def of_group(self, group: str) -> NDArray[np.float64]:
        """Return the columns of one group."""
        return self.values[:, [name == group for name in self.groups]]


def table_of(patches: Sequence[Sequence[Numbers]]) -> Table:
    """Return a table with a row a patch; all must be described by the same names."""
    first = patches[0]
    return Table(
        tuple(name for part in first for name in part.names),
        tuple(part.group for part in first for _ in part.names),
        tuple(part.unit for part in first for _ in part.names),
        np.stack([np.concatenate([part.values for part in parts]) for parts in patches]),
    )


def evened(table: Table, log_contrast: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values that patches would have after division by their contrast.

    Parameters
    ----------
    table : Table
        Without what is no property after that, brightness and contrast themselves.
    log_contrast : ndarray, shape (n,)
        Logarithm of the standard deviation of each patch.
    """
    shifts = np.array([{"power": 2.0, "amplitude": 1.0, "none": 0.0}[unit] for unit in table.units])
    return np.asarray(table.values - log_contrast[:, None] * shifts)


def log_of(variance: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Return the logarithm of variances [grey²] with that of the rounding added."""
    return np.log(np.asarray(variance, dtype=np.float64) + ROUNDING)
