"""Where tiles really lie: as their overlaps show, by phase correlation, and all of them together.

Source of the peak: C. D. Kuglin, D. C. Hines, 1975; of the common places: least squares over all overlaps, as in
S. Preibisch et al., Bioinformatics 25, 1463 (2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.linalg import lsqr
from skimage.registration import phase_cross_correlation

from diffrendergan.pipeline.montage.rules import MONTAGE_RULES, MontageRules
from diffrendergan.quantification.montage.layout import Layout

Values = NDArray[np.float64]
Pixels = NDArray[np.float32]
PixelsOf = Callable[[int], Pixels]


@dataclass(frozen=True, eq=False)
class Refined:
    """Where tiles lie."""

    places: Values
    """Shape (n, 2) [px]."""
    moved: Values
    """By how much each was moved, shape (n,) [px], beside what all were moved."""
    told: int
    """Overlaps that told it."""
    of: int
    """Overlaps that there are."""


@dataclass(frozen=True)
class _Match:
    """What one overlap says: by how much the second tile lies off, seen from the first."""

    first: int
    second: int
    shift: tuple[float, float]
    likeness: float


def layout_at(places: Values, sizes: NDArray[np.int64]) -> Layout:
    """Return tiles at the nearest whole pixels, from 0 on."""
    corners = np.round(places - places.min(axis=0)).astype(np.int64)
    return Layout(corners, sizes)


def refined(
    places: Values,
    sizes: NDArray[np.int64],
    pixels_of: PixelsOf,
    pairs_in_turn: Callable[[list[list[int]]], Iterable[list[int]]] = iter,
    rules: MontageRules = MONTAGE_RULES,
) -> Refined:
    """Return where tiles lie, as what they show in their overlaps tells.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Stated left upper corners [px].
    sizes : ndarray of int, shape (n, 2)
        Width and height [px].
    pixels_of : callable
        Returns a tile (H, W); asked for in the order of the pairs, so that a memory of some tiles serves.
    pairs_in_turn : callable
        Passes the pairs on, to show progress.
    rules : MontageRules
    """
    layout = layout_at(places, sizes)
    pairs = layout.pairs.tolist()
    found = [_match(layout, first, second, pixels_of, rules) for first, second in pairs_in_turn(pairs)]
    matches = [match for match in found if match is not None]
    rounded = (layout.corners - (places - places.min(axis=0))).astype(np.float64)
    offsets = _solved(len(layout), matches, rules)
    if matches:
        kept = [match for match in matches if _contradiction(match, offsets) <= rules.outlier_px]
        matches, offsets = kept, _solved(len(layout), kept, rules)
    moved = offsets + rounded
    moved -= np.median(moved, axis=0)
    return Refined(layout.corners + offsets, np.hypot(*moved.T), len(matches), len(pairs))


def facing(
    places: Values, sizes: NDArray[np.int64], pixels_of: PixelsOf, rules: MontageRules = MONTAGE_RULES
) -> tuple[int, int]:
    """Return the directions of a stage's axes, each 1 or −1, by which overlaps show the same; (1, 1) in doubt."""
    likeness = {}
    for directions in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        layout = layout_at(places * directions, sizes)
        chosen = _telling(layout, rules.flip_pairs)
        found = [_match(layout, first, second, pixels_of, rules) for first, second in chosen]
        likeness[directions] = np.mean([0.0 if match is None else match.likeness for match in found]) if found else 0.0
    best = max(likeness, key=lambda directions: likeness[directions])
    return best if likeness[best] > likeness[1, 1] + rules.least_gain else (1, 1)


def _telling(layout: Layout, number: int) -> list[list[int]]:
    """Return pairs of tiles that lie beside each other, and as many that lie above each other, of large overlaps."""
    pairs = layout.pairs
    low, high = np.maximum(*layout.corners[pairs.T]), np.minimum(*layout.ends[pairs.T])
    order = np.argsort(-(high - low).prod(axis=1), kind="stable")
    across, down = np.abs(np.subtract(*layout.corners[pairs[order].T])).T
    parts = order[across > down][: number // 2], order[across <= down][: number // 2]
    return [pair for part in parts for pair in pairs[part].tolist()]


def _match(layout: Layout, first: int, second: int, pixels_of: PixelsOf, rules: MontageRules) -> _Match | None:
    """Return what an overlap says; None where it says nothing."""
    here, there = layout.common(first, second)
    shape = [part.stop - part.start for part in here]
    if min(shape) < rules.least_overlap_px:
        return None
    one, other = pixels_of(first), pixels_of(second)
    mine, theirs = one[here], other[there]
    if mine.std() < 1e-6 or theirs.std() < 1e-6:
        return None
    reach = rules.search_share * np.array(shape)
    best, likeness = (0, 0), _likeness(mine, theirs, (0, 0))
    for normalization in ("phase", None):
        shift = phase_cross_correlation(_windowed(mine), _windowed(theirs), normalization=normalization,
                                        disambiguate=False)[0]  # fmt: skip
        for candidate in _unwrapped(shift, shape):
            if (np.abs(candidate) <= reach).all():
                alike = _likeness(mine, theirs, candidate)
                if alike > likeness + rules.least_gain:
                    best, likeness = candidate, alike
    if likeness < rules.least_likeness:
        return None
    return _Match(first, second, (float(best[1]), float(best[0])), likeness)


def _windowed(pixels: Pixels) -> Values:
    rows, columns = (np.hanning(length + 2)[1:-1] for length in pixels.shape)
    return np.asarray((pixels - pixels.mean()) * rows[:, None] * columns)


def _unwrapped(shift: Values, shape: list[int]) -> list[tuple[int, int]]:
    """Return the shifts (down, right) that a peak may stand for: it tells them but for a whole width."""
    down, right = (round(float(part)) for part in shift)
    return [(down - sign * shape[0], right - other * shape[1])
            for sign in {0, int(np.sign(down))} for other in {0, int(np.sign(right))}]  # fmt: skip


def _likeness(mine: Pixels, theirs: Pixels, shift: tuple[int, int]) -> float:
    """Return the correlation of grey values where both overlap once the second has moved down and right."""
    rows, columns = (
        (slice(max(0, moved), min(length, length + moved)), slice(max(0, -moved), min(length, length - moved)))
        for length, moved in zip(mine.shape, shift, strict=True)
    )
    first = mine[rows[0], columns[0]].astype(np.float64)
    second = theirs[rows[1], columns[1]].astype(np.float64)
    if first.size < 64 or first.std() < 1e-6 or second.std() < 1e-6:
        return 0.0
    return float(((first - first.mean()) * (second - second.mean())).mean() / (first.std() * second.std()))


def _solved(number: int, matches: list[_Match], rules: MontageRules) -> Values:
    """Return by how much each tile is to be moved, shape (n, 2) [px]."""
    stay = csr_array((np.full(number, rules.stay), (np.arange(number), np.arange(number))), shape=(number, number))
    if not matches:
        return np.zeros((number, 2))
    rows = np.arange(len(matches))
    weights = np.array([match.likeness for match in matches])
    ends = np.array([(match.first, match.second) for match in matches])
    values, places = np.r_[-weights, weights], np.r_[ends[:, 0], ends[:, 1]]
    overlaps = coo_array((values, (np.r_[rows, rows], places)), shape=(len(matches), number)).tocsr()
    system = vstack([overlaps, stay]).tocsr()
    shifts = np.array([match.shift for match in matches]) * weights[:, None]
    wanted = np.concatenate([shifts, np.zeros((number, 2))])
    return np.stack([lsqr(system, wanted[:, axis], atol=1e-10, btol=1e-10)[0] for axis in (0, 1)], axis=1)


def _contradiction(match: _Match, offsets: Values) -> float:
    return float(np.abs(offsets[match.second] - offsets[match.first] - match.shift).max())
