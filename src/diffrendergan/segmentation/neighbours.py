"""Where the parts of a label image meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Meeting(NamedTuple):
    """Pixels that lie beside each other along one axis and show different parts, all (n,)."""

    low: NDArray[np.int64]
    """The smaller number of each pair of parts."""
    high: NDArray[np.int64]
    """The larger number."""
    here: NDArray[np.intp]
    """One pixel, as a flat index."""
    there: NDArray[np.intp]
    """The next one."""


def meetings(labels: NDArray[np.int32]) -> Iterator[Meeting]:
    """Yield where parts of a label image (H, W) meet, first down its columns, then along its rows."""
    places = np.arange(labels.size).reshape(labels.shape)
    for first, second in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        one, other = labels[first], labels[second]
        meet = (one != other) & (one > 0) & (other > 0)
        low, high = np.minimum(one[meet], other[meet]), np.maximum(one[meet], other[meet])
        yield Meeting(low.astype(np.int64), high.astype(np.int64), places[first][meet], places[second][meet])


def pairs_of(labels: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Return the numbers of parts (H, W) that meet, the smaller one first, in order."""
    count = int(labels.max(initial=0)) + 1
    keys = np.unique(np.concatenate([met.low * count + met.high for met in meetings(labels)]))
    return [(key // count, key % count) for key in keys.tolist()]
