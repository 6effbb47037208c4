"""Where the tiles of a montage lie, and which of them owns a place that several show.

A place is owned by the tile whose middle is nearest, measured in widths and heights of the tile: between two tiles of
one size the boundary runs along the middle of their overlap. The first of equals owns it, so that every place has one
owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Ints = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Layout:
    """The places of tiles in whole pixels of one grid."""

    corners: Ints
    """Left and upper edge of each tile, shape (n, 2) [px]."""
    sizes: Ints
    """Width and height of each, shape (n, 2) [px]."""

    def __len__(self) -> int:
        return len(self.corners)

    @cached_property
    def ends(self) -> Ints:
        """Right and lower edges, shape (n, 2) [px]."""
        return self.corners + self.sizes

    @cached_property
    def middles(self) -> Values:
        """Middles of the tiles, shape (n, 2) [px]."""
        return np.asarray(self.corners + self.sizes / 2)

    @cached_property
    def _boxes(self) -> list[list[int]]:
        """Left, top, right, bottom of the tiles, as plain numbers: these are asked for often."""
        return np.concatenate([self.corners, self.ends], axis=1).tolist()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the smallest rectangle that holds all tiles."""
        width, height = (self.ends.max(axis=0) - self.corners.min(axis=0)).tolist()
        return height, width

    @cached_property
    def pairs(self) -> Ints:
        """Tiles that share pixels, shape (m, 2), the lower number first, sorted."""
        if len(self) < 2:
            return np.zeros((0, 2), np.int64)
        near = cKDTree(self.corners + self.sizes / 2).query_pairs(
            float(self.sizes.max()), np.inf, output_type="ndarray"
        )
        near = np.sort(near.astype(np.int64), axis=1)
        first, second = near.T
        low = np.maximum(self.corners[first], self.corners[second])
        high = np.minimum(self.ends[first], self.ends[second])
        shared = near[(low < high).all(axis=1)]
        return shared[np.lexsort(shared.T[::-1])]

    @cached_property
    def neighbours(self) -> tuple[Ints, ...]:
        """Of each tile the others that share pixels with it, ascending."""
        both = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        both = both[np.lexsort(both.T[::-1])]
        return tuple(np.split(both[:, 1], np.searchsorted(both[:, 0], np.arange(1, len(self)))))

    def common(self, first: int, second: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return rows and columns that two tiles share, as each counts them."""
        (left, top, right, bottom), (x, y, x_end, y_end) = self._boxes[first], self._boxes[second]
        low_x, low_y, high_x, high_y = max(left, x), max(top, y), min(right, x_end), min(bottom, y_end)
        return (
            (slice(low_y - top, high_y - top), slice(low_x - left, high_x - left)),
            (slice(low_y - y, high_y - y), slice(low_x - x, high_x - x)),
        )

    def owned(self, tile: int) -> NDArray[np.bool_]:
        """Return the pixels that a tile owns, shape (H, W)."""
        width, height = self.sizes[tile].tolist()
        mine = np.ones((height, width), bool)
        left, top = self.corners[tile].tolist()
        x, y = np.arange(left, left + width) + 0.5, np.arange(top, top + height) + 0.5
        own = self._away(tile, x, 0), self._away(tile, y, 1)
        for other in self.neighbours[tile].tolist():
            rows, columns = self.common(tile, other)[0]
            away = own[1][rows, None] + own[0][columns]
            theirs = self._away(other, y[rows], 1)[:, None] + self._away(other, x[columns], 0)
            mine[rows, columns] &= (away < theirs) if other < tile else (away <= theirs)
        return mine

    def owns(self, tile: int, places: Values) -> NDArray[np.bool_]:
        """Tell which places a tile owns.

        Parameters
        ----------
        tile : int
        places : ndarray, shape (k, 2)
            x and y in the montage [px], measured from the edges of pixels; within the tile.
        """
        away = self.away(tile, places)
        mine = np.ones(len(places), bool)
        for other in self.neighbours[tile].tolist():
            inside = self._shows(other, places)
            if inside.any():
                theirs = self.away(other, places)
                mine &= ~inside | ((away < theirs) if other < tile else (away <= theirs))
        return mine

    def away(self, tile: int, places: Values) -> Values:
        """Return how far places lie from the middle of a tile: the square of the distance, in widths and heights."""
        return self._away(tile, places[:, 1], 1) + self._away(tile, places[:, 0], 0)

    def reaches_beyond(self, tile: int, box: Values, reach: float) -> bool:
        """Tell whether another tile shows what lies beyond the border that cuts a particle.

        Parameters
        ----------
        tile : int
        box : ndarray, shape (4,)
            Left, top, right, bottom of the particle in the montage [px].
        reach : float
            From the border so far away it counts as cut [px].
        """
        low, high = self.corners[tile], self.ends[tile]
        middle = (box[:2] + box[2:]) / 2
        beyond = []
        for axis in (0, 1):
            for cut, place in ((box[axis] - low[axis] <= reach, low[axis] - 0.5),
                               (high[axis] - box[2 + axis] <= reach, high[axis] + 0.5)):  # fmt: skip
                if cut:
                    point = middle.copy()
                    point[axis] = place
                    beyond.append(point)
        if not beyond:
            return False
        others = self.neighbours[tile].tolist()
        return any(self._shows(other, np.array(beyond)).any() for other in others)

    def _away(self, tile: int, places: Values, axis: int) -> Values:
        return np.asarray(((places - self.middles[tile, axis]) / self.sizes[tile, axis]) ** 2)

    def _shows(self, tile: int, places: Values) -> NDArray[np.bool_]:
        return np.asarray(((places >= self.corners[tile]) & (places < self.ends[tile])).all(axis=1))
