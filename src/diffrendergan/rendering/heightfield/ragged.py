"""Many windows of different sizes at once: all their samples in one list."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def windows(
    low: NDArray[np.int64], size: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return each sample of each window.

    Parameters
    ----------
    low : int (N, 2)
        First column and row of each window.
    size : int (N, 2)
        Columns and rows; windows of none are left out.

    Returns
    -------
    window, column, row : int32 (M,)
        Row by row, one window after the other.
    """
    count = size[:, 0] * size[:, 1]
    window = np.repeat(np.arange(len(count), dtype=np.int32), count)
    # Rows first, since there are far fewer of them than samples.
    rows = np.repeat(np.arange(len(count)), size[:, 1])
    in_window = np.arange(len(rows)) - np.repeat(np.cumsum(size[:, 1]) - size[:, 1], size[:, 1])
    lengths = size[rows, 0]
    row = np.repeat((in_window + low[rows, 1]).astype(np.int32), lengths)
    starts = np.cumsum(lengths) - lengths
    column = np.arange(len(row), dtype=np.int32) + np.repeat((low[rows, 0] - starts).astype(np.int32), lengths)
    return window, column, row


def grouped(values: NDArray[Any], owner: NDArray[np.int32], count: int) -> list[NDArray[Any]]:
    """Return the values of each owner 0 … count − 1; `owner` does not fall."""
    return np.split(values, np.searchsorted(owner, np.arange(1, count)))
