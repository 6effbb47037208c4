"""Star-convex shapes: how far it is from a point to the outline in evenly spread directions, and back to pixels.

Source: Schmidt et al. 2018, "Cell detection with star-convex polygons". Places are in pixel-corner coordinates: pixel
(row, column) reaches from there to (row + 1, column + 1). Directions run from the columns' axis towards the rows'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers, Mask

RAYS = 32
"""Directions. A polygon of 32 corners has 99.4 % of the area of its circle."""
STRIDE = 4
"""Stars are predicted for each block of so many pixels along both axes [px], from the middle of the block."""

Values = NDArray[np.floating]


def directions() -> NDArray[np.float64]:
    """Return the unit vectors of all rays, (RAYS, 2) as rows and columns."""
    angles = 2 * np.pi * np.arange(RAYS) / RAYS
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


def mirrored(axes: tuple[int, ...]) -> NDArray[np.intp]:
    """Return for each ray which one it is in the image mirrored along these axes (-1 columns, -2 rows)."""
    rays = np.arange(RAYS)
    if -1 in axes:
        rays = (RAYS // 2 - rays) % RAYS
    return (-rays) % RAYS if -2 in axes else rays


class FlatLayers(NamedTuple):
    """All masks of an image one after the other, so that pixels of many particles are looked up at once."""

    inside: Mask
    """(K,)"""
    begin: NDArray[np.int64]
    """(highest number + 1,): where the mask of a number begins."""
    boxes: NDArray[np.int64]
    """(highest number + 1, 4): top, left, height, width; those of numbers that are not there are empty."""

    @classmethod
    def of(cls, layers: Layers) -> FlatLayers:
        """Return the masks of layers."""
        count = int(layers.numbers.max(initial=0)) + 1
        boxes, begin, total = np.zeros((count, 4), np.int64), np.zeros(count, np.int64), 0
        for layer in layers:
            boxes[layer.number] = layer.top, layer.left, *layer.mask.shape
            begin[layer.number] = total
            total += layer.mask.size
        flat = np.concatenate([np.zeros(0, bool), *(layer.mask.ravel() for layer in layers)])
        return cls(flat, begin, boxes)

    def holds(self, numbers: NDArray[np.integer], rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Mask:
        """Tell for each place (row, column) whether it belongs to the particle of the number there."""
        top, left, height, width = self.boxes[numbers].T
        down, across = rows - top, columns - left
        within = (down >= 0) & (down < height) & (across >= 0) & (across < width)
        found = np.zeros(len(numbers), bool)
        places = self.begin[numbers[within]] + down[within] * width[within] + across[within]
        found[within] = self.inside[places]
        return found


def star_distances(
    layers: FlatLayers, numbers: NDArray[np.integer], places: Values, source: NDArray[np.integer], width: int
) -> tuple[NDArray[np.float32], Mask]:
    """Return how far it is from points to the outlines of their particles.

    Parameters
    ----------
    layers : FlatLayers
        The particles of an image.
    numbers : ndarray of int, shape (n,)
        The particle of each point.
    places : ndarray, shape (n, 2)
        Row and column of each point in a crop of that image.
    source : ndarray of int, shape (h, w)
        Which pixel of the image each pixel of the crop shows, as a flat index.
    width : int
        Columns of the image.

    Returns
    -------
    float32 (n, RAYS), bool (n, RAYS)
        Distances [px of the crop], to half a pixel; and whether the ray ended within the crop, so that it is known.
    """
    steps = directions()
    point, ray = (values.ravel() for values in np.mgrid[: len(numbers), :RAYS])
    length, ended = np.zeros((len(numbers), RAYS), np.float32), np.zeros((len(numbers), RAYS), bool)
    walked = 0
    while len(point):
        walked += 1
        # In the middle of each step: points on corners of pixels would else meet edges, and which pixel is theirs?
        there = places[point] + (walked - 0.5) * steps[ray]
        rows, columns = np.floor(there).astype(np.int64).T
        seen = (rows >= 0) & (rows < source.shape[0]) & (columns >= 0) & (columns < source.shape[1])
        length[point, ray] = walked - 1
        point, ray, rows, columns = point[seen], ray[seen], rows[seen], columns[seen]
        places_in_image = source[rows, columns]
        inside = layers.holds(numbers[point], places_in_image // width, places_in_image % width)
        ended[point[~inside], ray[~inside]] = True
        point, ray = point[inside], ray[inside]
    return length, ended


class Piece(NamedTuple):
    """Masks in one box of an image."""

    top: int
    left: int
    masks: Mask
    """(n, h, w)."""


def star_masks(places: Values, lengths: Values) -> Piece:
    """Return the pixels whose centres lie in stars, in a box that holds all of these.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
        Row and column of the points.
    lengths : ndarray, shape (n, RAYS)
        Distances to the outlines [px].
    """
    corners = places[:, None] + lengths[..., None] * directions()
    low, high = np.floor(corners.min((0, 1))).astype(int), np.ceil(corners.max((0, 1))).astype(int)
    rows, columns = (np.arange(start, end) + 0.5 for start, end in zip(low, high, strict=True))
    down = rows[None, :, None] - places[:, 0, None, None]
    across = columns[None, None, :] - places[:, 1, None, None]
    turn = np.arctan2(down, across) * (RAYS / (2 * np.pi)) % RAYS
    sector = np.minimum(turn.astype(np.int64), RAYS - 1)
    reach = _reach(turn - sector, *(np.take_along_axis(
        lengths.astype(np.float64), ((sector + more) % RAYS).reshape(len(places), -1), axis=1
    ).reshape(sector.shape) for more in (0, 1)))  # fmt: skip
    return Piece(int(low[0]), int(low[1]), np.hypot(down, across) <= reach)


def _reach(part: Values, first: Values, second: Values) -> Values:
    """Return how far the straight line between the ends of two neighbouring rays is away, at a part of the angle."""
    angle = 2 * np.pi / RAYS
    along = part * angle
    return first * second * np.sin(angle) / np.maximum(first * np.sin(along) + second * np.sin(angle - along), 1e-9)
