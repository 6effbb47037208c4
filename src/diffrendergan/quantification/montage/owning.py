"""Which particle of which tile counts, so that each is counted once.

What two tiles show of one particle agrees in their overlap; both are then the same particle, and are taken from the
tile that shows it whole and nearest to its middle. What only one of two tiles shows in their overlap counts if its
middle lies in that tile's own part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.sizes.rules import RULES

Ints = NDArray[np.int64]
Values = NDArray[np.float64]
Labels = NDArray[np.integer]

SAME = 0.5
"""What two tiles show is one particle from this overlap (IoU) on, in the part that both show: as for scores, at most
one of the one then matches one of the other."""


@dataclass(frozen=True, eq=False)
class TileParticles:
    """Particles of one tile, in pixels of the tile, shape (k, …); labels ascending."""

    label: Ints
    centre: Values
    """x and y, shape (k, 2)."""
    box: Values
    """Left, top, width, height, shape (k, 4)."""
    cut: NDArray[np.bool_]
    """Whether the tile's border cuts it."""
    area: Values


@dataclass(frozen=True, eq=False)
class Owned:
    """What counts of a montage."""

    kept: tuple[NDArray[np.bool_], ...]
    """Of each tile, which of its particles count."""
    area_px: int
    """Pixels of the montage, each once."""
    covered_px: int
    """Those of them that are particle."""
    tile_px: Ints
    """Pixels that each tile owns, shape (n,)."""
    found: int
    """Particles of all tiles together."""
    from_neighbour: int
    """Particles that one tile cuts and another shows whole, from which they are taken."""
    cut_by_seams: int
    """Particles inside the montage that no tile shows whole: they are larger than the overlaps."""

    @property
    def number(self) -> int:
        """Particles of the montage."""
        return sum(int(kept.sum()) for kept in self.kept)


def owned_particles(
    layout: Layout,
    tiles: list[TileParticles],
    labels_of: Callable[[int], Labels],
    order: Iterable[int] | None = None,
) -> Owned:
    """Decide which particles count.

    Parameters
    ----------
    layout : Layout
    tiles : list of TileParticles
        In the order of the layout.
    labels_of : callable
        Returns the label image of a tile (H, W); asked for a tile, then for its neighbours with higher numbers, so
        that a memory of some tiles reads each about twice.
    order : iterable of int, optional
        The tiles in another order than 0 to n − 1, to show progress.
    """
    starts = np.cumsum([0, *(len(tile.label) for tile in tiles)])
    later: list[list[int]] = [[] for _ in tiles]
    for first, second in layout.pairs.tolist():
        later[first].append(second)
    edges: list[Ints] = []
    tile_px, covered = np.zeros(len(tiles), np.int64), 0
    for tile in range(len(tiles)) if order is None else order:
        labels, mine = labels_of(tile), layout.owned(tile)
        tile_px[tile] = mine.sum()
        covered += int(((labels > 0) & mine).sum())
        for other in later[tile]:
            pairs = _same(layout, (tile, other), labels, labels_of(other))
            places = [starts[t] + np.searchsorted(tiles[t].label, pairs[:, k]) for k, t in enumerate((tile, other))]
            edges.append(np.stack(places, axis=1))
    return _chosen(
        layout, tiles, starts, np.concatenate(edges) if edges else np.zeros((0, 2), np.int64), tile_px, covered
    )


def _same(layout: Layout, tiles: tuple[int, int], first: Labels, second: Labels) -> Ints:
    """Return the labels of particles that both tiles show, shape (k, 2)."""
    here, there = layout.common(*tiles)
    mine, theirs = first[here], second[there]
    if not mine.any() or not theirs.any():
        return np.zeros((0, 2), np.int64)
    overlaps = region_overlaps(mine, theirs)
    alike = overlaps.ious > SAME
    numbers, others = (np.unique(part[part > 0]) for part in (mine, theirs))
    return np.stack([numbers[overlaps.rows[alike]], others[overlaps.columns[alike]]], axis=1).astype(np.int64)


def _chosen(
    layout: Layout, tiles: list[TileParticles], starts: Ints, edges: Ints, tile_px: Ints, covered: int
) -> Owned:
    number = int(starts[-1])
    ones = np.ones(len(edges), np.int8)
    graph = coo_array((ones, (edges[:, 0], edges[:, 1])), shape=(number, number))
    group = connected_components(graph, directed=False)[1] if number else np.zeros(0, np.int64)
    cut = np.concatenate([tile.cut for tile in tiles])
    area = np.concatenate([tile.area for tile in tiles])
    places = [tile.centre + layout.corners[number] for number, tile in enumerate(tiles)]
    away = np.concatenate([layout.away(number, part) for number, part in enumerate(places)])
    # Whole ones first, of them the one nearest to the middle of its tile; of cut ones the largest.
    rank = np.lexsort((np.arange(number), np.where(cut, -area, away), cut, group))
    best = np.zeros(number, bool)
    best[rank[np.r_[True, np.diff(group[rank]) != 0]] if number else rank] = True
    shared = np.bincount(group, minlength=1)[group] > 1
    mine = np.concatenate([layout.owns(number, part) for number, part in enumerate(places)])
    kept = np.where(shared, best, mine)
    seen_cut = np.zeros(len(np.bincount(group, minlength=1)), bool)
    seen_cut[group[cut]] = True
    return Owned(
        tuple(np.split(kept, starts[1:-1])),
        int(tile_px.sum()),
        covered,
        tile_px,
        number,
        int((kept & ~cut & shared & seen_cut[group]).sum()),
        _cut_by_seams(layout, tiles, starts, kept & cut),
    )


def _cut_by_seams(layout: Layout, tiles: list[TileParticles], starts: Ints, chosen: NDArray[np.bool_]) -> int:
    count = 0
    for place in np.flatnonzero(chosen).tolist():
        tile = int(np.searchsorted(starts, place, side="right")) - 1
        left, top, width, height = tiles[tile].box[place - starts[tile]]
        box = np.array([left, top, left + width, top + height]) + np.tile(layout.corners[tile], 2)
        count += layout.reaches_beyond(tile, box, RULES.frame_px)
    return count
