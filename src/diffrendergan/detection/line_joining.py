"""Joining pieces of lines that continue each other, across gaps and crossings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

LARGEST_GAP_PX = 14.0
LARGEST_TURN_DEG = 15.0
LARGEST_OFFSET_PX = 4.0
"""The end of one line lies at most this far beside the other's continuation."""
END_POINTS = 16
"""So many points at an end tell its direction."""
BENT_POINTS = 4
"""Where lines cross, the last few points of each are drawn towards the crossing."""


def join_lines(pieces: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Join pieces end to end, the best fitting first; each end is joined once at most.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (k, 2)
        Points (x, y) in order along each piece [px].

    Returns
    -------
    list of ndarray, shape (n, 2)
        Joined lines.
    """
    if not pieces:
        return []
    ends = np.array([piece[index] for piece in pieces for index in (0, -1)])
    outward = np.array([_outward(piece, last) for piece in pieces for last in (False, True)])
    partner = _partners(ends, outward)
    lines, used = [], np.zeros(len(pieces), bool)
    starts = [end for end in range(len(ends)) if end not in partner]
    for start in [*starts, *range(len(ends))]:  # closed rings have no free end
        if used[start // 2]:
            continue
        parts, end = [], start
        while not used[end // 2]:
            used[end // 2] = True
            piece = pieces[end // 2]
            parts.append(piece if end % 2 == 0 else piece[::-1])
            following = partner.get(end ^ 1)
            if following is None:
                break
            end = following
        lines.append(np.concatenate(parts))
    return lines


def _outward(piece: NDArray[np.float64], last: bool) -> NDArray[np.float64]:
    """Return the unit vector in which a piece leaves at one end."""
    near = piece[-END_POINTS:] if last else piece[:END_POINTS][::-1]
    near = near[:-BENT_POINTS] if len(near) > 2 * BENT_POINTS else near
    direction = near[-1] - near[0]
    return np.asarray(direction / max(float(np.hypot(*direction)), 1e-9))


def _partners(ends: NDArray[np.float64], outward: NDArray[np.float64]) -> dict[int, int]:
    """Return which end continues at which other."""
    pairs = cKDTree(ends).query_pairs(LARGEST_GAP_PX, output_type="ndarray")
    pairs = pairs[pairs[:, 0] // 2 != pairs[:, 1] // 2]
    one, other = pairs.T
    gap = ends[other] - ends[one]
    opposed = -(outward[one] * outward[other]).sum(axis=1)
    beside = np.abs(outward[one, 0] * gap[:, 1] - outward[one, 1] * gap[:, 0])
    ahead = (outward[one] * gap).sum(axis=1)
    fits = (opposed >= np.cos(np.radians(LARGEST_TURN_DEG))) & (beside <= LARGEST_OFFSET_PX) & (ahead >= -2)
    cost = np.hypot(*gap.T) + 4 * beside
    partner: dict[int, int] = {}
    for index in np.argsort(cost, kind="stable"):
        a, b = int(one[index]), int(other[index])
        if fits[index] and a not in partner and b not in partner:
            partner[a], partner[b] = b, a
    return partner
