"""From virtual sets to what a posterior learns from: statistics and truths, of sets and of parts of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.inference.coordinates import to_coordinates
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.seen import SeenScan
from diffrendergan.inference.statistics import Statistics, statistics_of
from diffrendergan.inference.truth import TrueScan, Truth, truth_of

Values = NDArray[np.float64]
Pair = tuple[Sequence[SeenScan], Sequence[TrueScan]]


@dataclass(frozen=True, eq=False)
class Examples:
    """What is learned from, one row each.

    Attributes
    ----------
    statistics : float64 (n, d)
    names : tuple of str
        Of the statistics.
    found, true : float64 (n, 5)
        Coordinates of what was found, and of the truth.
    group : int (n,)
        The set: rows of one set are no independent examples.
    share : float64 (n,)
        Weight; those of a set sum to one.
    full : bool (n,)
        Whether the row is a whole set, no part of one.
    """

    statistics: Values
    names: tuple[str, ...]
    found: Values
    true: Values
    group: NDArray[np.int64]
    share: Values
    full: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.group)

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return the chosen rows."""
        rows = (self.statistics[chosen], self.names, self.found[chosen], self.true[chosen])
        return Examples(*rows, self.group[chosen], self.share[chosen], self.full[chosen])


def make_examples(sets: Iterable[Pair], parts: bool = True) -> Examples:
    """Return the examples of virtual sets.

    Parameters
    ----------
    sets : iterable of (seen, true)
        The scans of each set.
    parts : bool
        Take each scan of a set as an example as well.
    """
    rows: list[tuple[Statistics, Truth, int, bool]] = []
    for group, (seen, true) in enumerate(sets):
        for chosen in _parts(len(seen), parts):
            row = paired([seen[i] for i in chosen], [true[i] for i in chosen])
            if row is not None:
                rows.append((*row, group, len(chosen) == len(seen)))
    if not rows:
        raise ValueError("no set shows whole particles that were found")
    groups = np.array([row[2] for row in rows])
    return Examples(
        np.stack([row[0].values for row in rows]),
        rows[0][0].names,
        np.stack([to_coordinates(row[0].found) for row in rows]),
        np.stack([to_coordinates(row[1]) for row in rows]),
        groups,
        1 / np.bincount(groups)[groups],
        np.array([row[3] for row in rows]),
    )


def paired(seen: Sequence[SeenScan], true: Sequence[TrueScan]) -> tuple[Statistics, Truth] | None:
    """Return statistics and truth of scans; None where too few particles are whole, or none was found.

    Scans in which nothing was found are left out of what was found, as `init` leaves them out, but not of the truth.
    """
    shown = truth_of(true)
    if shown is None or shown.whole < RULES.least_whole:
        return None
    filled = [scan for scan in seen if len(scan.table)]
    statistics = statistics_of(filled, empty=len(seen) - len(filled)) if filled else None
    return None if statistics is None else (statistics, shown)


def _parts(count: int, singles: bool) -> list[tuple[int, ...]]:
    if not singles:
        return [tuple(range(count))]
    return [tuple(range(count)), *(((number,) for number in range(count)) if count > 1 else ())]
