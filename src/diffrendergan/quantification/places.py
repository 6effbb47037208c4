"""Where the particles of a scan lie, in a few hundred numbers: scans that show the same field are known by it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diffrendergan.quantification.rules import RULES


def where(labels: NDArray[np.integer]) -> str:
    """Return which share of each of 32 columns of square fields is particle, in 255ths, as text.

    Returns nothing for scans of fewer than `RULES.least_particles` particles, or narrower than 32 px.
    """
    edge = labels.shape[1] / RULES.columns
    rows = int(labels.shape[0] / edge) if edge >= 1 else 0
    if rows < 2 or len(np.unique(labels)) <= RULES.least_particles:
        return ""
    sums = np.pad(np.cumsum(np.cumsum(labels > 0, 0, np.float64), 1), ((1, 0), (1, 0)))
    down, across = (np.rint(np.arange(n + 1) * edge).astype(int) for n in (rows, RULES.columns))
    corners = sums[np.ix_(down, across)]
    filled = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    shares = filled / np.outer(np.diff(down), np.diff(across))
    return base64.b64encode(np.rint(255 * shares).astype(np.uint8).tobytes()).decode()


def same_fields(places: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of scans, by their indices, whose particles lie at the same places.

    Scans that are cut at the bottom or at the top are compared where both have rows.
    """
    known = [
        (index, np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, RULES.columns).astype(np.float32))
        for index, text in enumerate(places[: RULES.most_scans])
        if text
    ]
    return [
        (first, second)
        for at, (first, one) in enumerate(known)
        for second, other in known[at + 1 :]
        if _alike(one, other)
    ]


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    rows = min(len(one), len(other))
    if 2 * rows < max(len(one), len(other)):
        return False
    ways = [(one[:rows], other[:rows])] + ([] if len(one) == len(other) else [(one[-rows:], other[-rows:])])
    return max(_correlation(first, second) for first, second in ways) >= RULES.alike and not _regular(one)


def _regular(shares: NDArray[np.float32]) -> bool:
    """Tell whether particles lie on a grid, so that a scan is like itself once it is moved by more than a particle."""
    rows, columns = shares.shape
    steps = [
        (down, across)
        for down in range(rows // 2)
        for across in range(-columns // 2, columns // 2)
        if max(down, abs(across)) > 2 and (down or across > 0)
    ]
    return any(
        _correlation(
            shares[down:, max(0, across) : columns + min(0, across)],
            shares[: rows - down, max(0, -across) : columns - max(0, across)],
        )
        >= RULES.regular
        for down, across in steps
    )


def _correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / size if size > 0 else 0.0
