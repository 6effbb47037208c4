"""Where the axis of a size histogram lies, and how wide its bins are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.sizes.sizes import Sizes

Values = NDArray[np.float64]

LEAST_BINS, MOST_BINS = 8, 80
FINEST = 120
"""No bin is narrower than this part of the axis: a spike must not flatten all else."""
MUCH_NARROWER = 3.0
"""Bins are cut where a mode needs bins that are so many times as narrow; otherwise all are as narrow as it needs."""
MODE_REACH = 3.0
"""A mode reaches so many standard deviations to both sides."""
LONGEST = 1.8
"""The axis ends at this multiple of the largest size that counts, unless all are smaller."""
BEYOND = 0.01
"""Of the largest particles this share does not count there; of fewer than a hundred one, of very few none."""
VERY_FEW = 8
LEAST_IN_MODE = 8
"""A mode of fewer particles has no say in the width of the bins."""
IQR_OF_NORMAL = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""


class Mode(NamedTuple):
    """Where sizes lie, and the width of bins that suits them."""

    low: float
    high: float
    width: float


def shared_edges(sides: Sequence[Sizes]) -> Values:
    """Return edges of bins that suit all of several size distributions; the axis lies between the outermost.

    Bins are equally wide, but for those that are cut where a mode is much narrower than the rest.

    Parameters
    ----------
    sides : sequence of Sizes
        In one unit.

    Returns
    -------
    ndarray, shape (n + 1,)
        In that unit, increasing, the first at least 0.
    """
    filled = [sizes for sizes in sides if len(sizes.diameters)]
    if not filled:
        return np.linspace(0, 1, LEAST_BINS + 1)
    starts, ends = zip(*(axis_limits(sizes.diameters) for sizes in filled), strict=True)
    start, end = min(starts), max(ends)
    modes = [mode for sizes in filled for mode in modes_of(sizes)]
    broadest = max(mode.width for mode in modes)
    width = min(mode.width for mode in modes if mode.width * MUCH_NARROWER >= broadest)
    wished = (end - start) / width if width > 0 else LEAST_BINS
    edges = np.linspace(start, end, int(np.clip(np.ceil(wished), LEAST_BINS, MOST_BINS)) + 1)
    for mode in modes:
        if mode.width * MUCH_NARROWER < broadest:
            edges = _cut(edges, mode)
    return edges


def axis_limits(diameters: Values) -> tuple[float, float]:
    """Return where the axis begins and ends.

    It begins at 0, unless all sizes are so much alike that they would fill little of it. A few very large particles do
    not squeeze all others: the axis may end before them.
    """
    ordered = np.sort(diameters)
    uncounted = 0 if len(ordered) < VERY_FEW else max(int(BEYOND * len(ordered)), 1)
    counted = ordered[len(ordered) - 1 - uncounted]
    low, high = float(ordered[0]), float(min(ordered[-1], LONGEST * counted))
    if low == high:
        return 0.0, 1.25 * high
    if low > high / 2:
        margin = (high - low) / 4
        return low - margin, high + margin
    return 0.0, 1.05 * high


def modes_of(sizes: Sizes) -> list[Mode]:
    """Return all sizes as one mode, or two modes where two normals have the lowest BIC.

    Bins are as wide as Freedman and Diaconis (1981) advise for each mode: all sizes together tell little of a narrow
    mode beside a broad one. The width is 0 where sizes do not differ.
    """
    return list(_two(sizes)) or [_one(sizes)]


def _one(sizes: Sizes) -> Mode:
    least, low, high, largest = (float(size) for size in np.percentile(sizes.diameters, (0, 25, 75, 100)))
    if least == largest:
        return Mode(least, largest, 0.0)  # their deviation may still be a rounding error
    # Where half of all sizes are equal, the quartiles tell nothing.
    spread = high - low or IQR_OF_NORMAL * float(sizes.diameters.std())
    return Mode(least, largest, _advised(spread, len(sizes.diameters)))


def _two(sizes: Sizes) -> Iterator[Mode]:
    two = sizes.fits.all.get("bimodal")
    if two is None or two.bic > min(fit.bic for fit in sizes.fits.all.values()):
        return
    values = two.parameters
    for part, share in ((1, 1 - values["p"]), (2, values["p"])):
        number, mean, sigma = share * len(sizes.diameters), values[f"mean{part}"], values[f"sigma{part}"]
        if number >= LEAST_IN_MODE:
            reach = MODE_REACH * sigma
            yield Mode(mean - reach, mean + reach, _advised(IQR_OF_NORMAL * sigma, number))


def _advised(spread: float, number: float) -> float:
    return 2 * spread / number ** (1 / 3)


def _cut(edges: Values, mode: Mode) -> Values:
    """Cut the bins where a mode lies into equal parts that are about as wide as it needs."""
    width = max(mode.width, (edges[-1] - edges[0]) / FINEST)
    parts: list[Values] = []
    for left, right in pairwise(edges):
        number = round((right - left) / width) if left < mode.high and right > mode.low else 1
        parts.append(np.linspace(left, right, max(number, 1) + 1)[:-1])
    return np.append(np.concatenate(parts), edges[-1])
