"""Outlines of particles along the edges of their pixels, as ImageJ draws them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Points = NDArray[np.int32]

EIGHT = np.ones((3, 3), int)
RIGHT, DOWN, LEFT, UP = (1, 0), (0, 1), (-1, 0), (0, -1)
TURN_LEFT = {RIGHT: UP, UP: LEFT, LEFT: DOWN, DOWN: RIGHT}
TURN_RIGHT = {turned: step for step, turned in TURN_LEFT.items()}
BESIDE = {
    RIGHT: ((0, 0), (-1, 0)),
    DOWN: ((0, -1), (0, 0)),
    LEFT: ((-1, -1), (0, -1)),
    UP: ((-1, 0), (-1, -1)),
}
"""Row and column of the pixels right and left of the edge that leaves a corner, from the corner's own."""


def outlines(labels: NDArray[np.integer]) -> Iterator[tuple[int, Points]]:
    """Yield each label and the outline of its largest connected part.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.

    Yields
    ------
    int, ndarray of shape (n, 2)
        Corners as x, y, clockwise: pixel (x, y) reaches from (x, y) to (x + 1, y + 1). Holes are passed over.
    """
    for index, box in enumerate(ndimage.find_objects(labels)):
        if box is not None:
            mask = _largest_part(labels[box] == index + 1)
            yield index + 1, outline(mask) + np.array([box[1].start, box[0].start], np.int32)


def outline(mask: NDArray[np.bool_]) -> Points:
    """Return the outer outline of a mask of one connected part, shape (n, 2) as x, y."""
    padded = np.pad(mask, 1)
    row, column = (int(place[0]) for place in np.nonzero(padded))
    # The upper left corner of the first pixel, where an outline always turns.
    return _walk(padded, (column, row), set())


def rings(mask: NDArray[np.bool_]) -> list[Points]:
    """Return all outlines of a mask, each of shape (n, 2) as x, y: together they hold exactly its pixels.

    Of each part there is the outer one, clockwise, and one for each of its holes, anticlockwise.
    """
    padded = np.pad(mask, 1)
    # Every outline goes to the right somewhere: there the particle lies below and not above.
    rows, columns = np.nonzero(padded[1:] & ~padded[:-1])
    unseen = dict.fromkeys(zip(columns.tolist(), (rows + 1).tolist(), strict=True))
    found = []
    while unseen:
        seen: set[tuple[int, int]] = set()
        found.append(_walk(padded, next(iter(unseen)), seen))
        for place in seen:
            del unseen[place]
    return found


def _walk(padded: NDArray[np.bool_], start: tuple[int, int], seen: set[tuple[int, int]]) -> Points:
    """Return the outline that goes to the right from a corner, from there on; all edges to the right go into `seen`."""
    corners: list[tuple[int, int]] = []
    place, step = start, RIGHT
    while True:
        if step == RIGHT:
            seen.add(place)
        place = (place[0] + step[0], place[1] + step[1])
        following = _turn(padded, place, step)
        if following != step:
            corners.append(place)
        step = following
        if place == start and step == RIGHT:
            break
    return np.array([*corners[-1:], *corners[:-1]], np.int32) - 1


def _turn(padded: NDArray[np.bool_], place: tuple[int, int], step: tuple[int, int]) -> tuple[int, int]:
    """Choose the next edge, with the particle on the right; diagonal neighbours belong together."""
    for turned in (TURN_LEFT[step], step, TURN_RIGHT[step]):
        if _is_edge(padded, place, turned):
            return turned
    return TURN_LEFT[TURN_LEFT[step]]


def _is_edge(padded: NDArray[np.bool_], place: tuple[int, int], step: tuple[int, int]) -> bool:
    """Tell whether the edge from a corner has the particle on its right and background on its left."""
    (down, across), (other_down, other_across) = BESIDE[step]
    x, y = place
    return bool(padded[y + down, x + across]) and not padded[y + other_down, x + other_across]


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, count = ndimage.label(mask, EIGHT)
    return mask if count == 1 else np.asarray(parts == np.bincount(parts.ravel())[1:].argmax() + 1)
