"""Polygons as pixels, as ImageJ fills them: a pixel belongs to what its centre lies in.

A centre exactly on an edge belongs to what lies left of it or above, as in ImageJ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from diffrendergan.config.words import counted
from diffrendergan.labels.layers import Layers

ROUND_CORNERS = 128
"""Corners of the polygon that stands for an ellipse."""
SPLINE_POINTS = 32
"""Corners between two points of a polygon that stands for a smooth curve."""
SAME_IOU = 0.6
"""Regions that overlap by more than this (intersection over union) are one particle, outlined twice. Rule of thumb:
particles in heaps that are outlined whole reach half of it."""
LARGEST_SHARE = 0.5
"""A region that covers more of an image is rather the field or a frame than a particle."""
MOST_LOST = 0.5
"""Files of which more regions hold no pixel hold no outlines of particles."""
MOST_NAMES = 6
"""Regions of more names have one each, rather than that of a class."""
MOST_OUTSIDE = 0.05
"""Files of which more regions lie outside the image were drawn on one of another size."""


def filled(outlines: Iterable[NDArray[np.floating]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels whose centres lie within an odd number of outlines: an outline within another is a hole.

    Parameters
    ----------
    outlines : iterable of ndarray, shape (n, 2)
        Corners as x, y: pixel (x, y) reaches from (x, y) to (x + 1, y + 1). The last is joined with the first.
    shape : (int, int)
        Rows and columns; what reaches beyond is cut.

    Returns
    -------
    bool (H, W)
    """
    height, width = shape
    turns = np.zeros((height, width + 1), np.int32)
    for outline in outlines:
        corners = np.asarray(outline, float).reshape(-1, 2)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            low, high = min(y0, y1), max(y0, y1)
            # Rows whose centres the edge passes; each end counts for one of the two edges that meet there.
            rows = np.arange(max(0, int(np.floor(low + 0.5))), min(height, int(np.floor(high + 0.5))))
            if not rows.size:
                continue
            crossed = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            np.add.at(turns, (rows, np.clip(np.floor(crossed + 0.5), 0, width).astype(int)), 1)
    return np.asarray(np.cumsum(turns[:, :width], axis=1) % 2 == 1)


def ellipse(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """Return the outline of an ellipse within a box, shape (n, 2) as x, y."""
    angles = np.linspace(0, 2 * np.pi, ROUND_CORNERS, endpoint=False)
    x = (left + right) / 2 + (right - left) / 2 * np.cos(angles)
    y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(angles)
    return np.stack([x, y], axis=1)


def rounded_box(left: float, top: float, right: float, bottom: float, diameter: float) -> NDArray[np.float64]:
    """Return the outline of a box whose corners are rounded, shape (n, 2) as x, y; `diameter` is that of the arcs."""
    across, down = min(diameter, right - left) / 2, min(diameter, bottom - top) / 2
    round_one = ellipse(-across, -down, across, down)
    # The ellipse's points are moved to the corner that they lie towards: a quarter of it stands at each.
    inner = [
        np.where(round_one[:, axis] >= 0, high - half, low + half)
        for axis, low, high, half in ((0, left, right, across), (1, top, bottom, down))
    ]
    return round_one + np.stack(inner, axis=1)


def smooth_outline(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the closed curve through points (n, 2) that ImageJ's "Fit Spline" draws, shape (m, 2) as x, y.

    A periodic cubic spline, whose parameter grows with the root of the points' distances: held to ImageJ 1.53 by a
    test, of 1279 pixels all but one were the same.
    """
    closed = np.vstack([points, points[:1]]).astype(np.float64)
    steps = np.sqrt(np.linalg.norm(np.diff(closed, axis=0), axis=1))
    if len(points) < 3 or not (steps > 0).all():
        return closed
    places = np.concatenate([[0.0], np.cumsum(steps)])
    curve = CubicSpline(places, closed, bc_type="periodic")
    return np.asarray(curve(np.linspace(0, places[-1], SPLINE_POINTS * len(points))))


def reach(outlines: Iterable[NDArray[np.floating]]) -> tuple[int, int]:
    """Return the rows and columns of the smallest image that holds all outlines, at least one of each."""
    furthest = [1.0, 1.0]
    for outline in outlines:
        corners = np.asarray(outline, float).reshape(-1, 2)
        if len(corners):
            furthest = [max(furthest[0], corners[:, 1].max()), max(furthest[1], corners[:, 0].max())]
    return int(np.ceil(furthest[0])), int(np.ceil(furthest[1]))


Masks = Iterable[tuple[int, NDArray[np.bool_]]]
"""Number and pixels (H, W) of each region, one at a time; a number may come more than once."""


def layered(masks: Masks, shape: tuple[int, int]) -> Layers:
    """Return regions as layers, which may lie over each other; those of one number are one particle."""
    made: dict[int, tuple[int, int, int, NDArray[np.bool_]]] = {}
    for number, mask in masks:
        if number in made:
            before = Layers.of(shape, [made[number]]).stack()
            mask = mask | before[0] if len(before) else mask
        # Each is cut to its box at once, so that no more than one is held at full size.
        for layer in Layers.of(shape, [(number, 0, 0, mask)]):
            made[number] = (number, layer.top, layer.left, layer.mask)
    return Layers.of(shape, made.values())


class Painted(NamedTuple):
    """Outlines as a label image."""

    labels: NDArray[np.int32]
    """(H, W), 0 background."""
    remarks: tuple[str, ...] = ()
    """What is to be said of it."""
    doubts: tuple[str, ...] = ()
    """What is doubtful, and what to do."""
    refused: str = ""
    """Why these are no outlines of particles, with what to do; nothing where they are."""

    def also(self, remarks: Iterable[str] = (), doubts: Iterable[str] = ()) -> Painted:
        """Return the same with more to be said."""
        return self._replace(remarks=(*self.remarks, *remarks), doubts=(*self.doubts, *doubts))


def outside(outlines: Sequence[NDArray[np.floating]], shape: tuple[int, int]) -> str:
    """Say that outlines lie outside an image of so many rows and columns; nothing where they lie in it."""
    middles = np.array([(np.min(one, axis=0) + np.max(one, axis=0)) / 2 for one in outlines if len(one)]).reshape(-1, 2)
    beyond = int(((middles < 0) | (middles > shape[::-1])).any(axis=1).sum())
    if beyond <= MOST_OUTSIDE * len(middles):
        return ""
    return (
        f"{beyond} of {len(middles)} outlines lie outside the image of {shape[1]}×{shape[0]} pixels: they were drawn "
        "on one of another size, or of another scan; export them again for this one"
    )


def of_several(names: Iterable[str], what: str) -> list[str]:
    """Say that regions of several names all count as particles; nothing where they are no few classes."""
    found = list(dict.fromkeys(names))
    if not 1 < len(found) <= MOST_NAMES:
        return []
    return [f"regions of the {what} {', '.join(found)} all count as particles; take out of the file what is none"]


def painted(masks: Masks, shape: tuple[int, int]) -> Painted:
    """Paint regions one over the other into a label image, later ones on top.

    Parameters
    ----------
    masks : iterable of (int, bool (H, W))
        Number and pixels of each region.
    shape : (int, int)
        Rows and columns.

    Returns
    -------
    Painted
    """
    labels = np.zeros(shape, np.int32)
    overlapping = twice = large = 0
    areas: dict[int, int] = {}
    for number, mask in masks:
        beneath = labels[mask]
        area, beneath = len(beneath), beneath[beneath > 0]
        overlapping += bool(len(beneath))
        twice += _drawn_twice(area, beneath[beneath != number], areas)
        large += area > LARGEST_SHARE * mask.size
        labels[mask] = number
        areas[number] = areas.get(number, 0) + area
    remarks = []
    if overlapping:
        remarks.append(f"{overlapping} regions overlap others; what comes later in the file lies on top")
    lost = len(areas) - len(np.unique(labels[labels > 0]))
    if lost:
        remarks.append(f"{lost} regions hold no pixel of their own, and are left out")
    doubts = []
    if twice:
        doubts.append(
            f"{counted(twice, 'region lies', 'regions lie')} on another that is nearly the same: a particle that was "
            "outlined twice counts twice; take out one of each"
        )
    if large:
        cover = counted(large, "region covers", "regions cover")
        doubts.append(
            f"{cover} more than half of the image, as a frame or the field does; take out what is no particle"
        )
    refused = ""
    if lost > MOST_LOST * len(areas):
        refused = (
            f"{lost} of {len(areas)} regions hold no pixel of their own in an image of {shape[1]}×{shape[0]}: they are "
            "boxes without outlines, of another size, or hidden by what comes later; export outlines of particles alone"
        )
    return Painted(labels, tuple(remarks), tuple(doubts), refused)


def _drawn_twice(area: int, beneath: NDArray[np.int32], areas: dict[int, int]) -> bool:
    """Tell whether a region nearly covers another, of which something is left to count as a particle."""
    if not len(beneath):
        return False
    found, counts = np.unique(beneath, return_counts=True)
    shared, other = int(counts.max()), areas[int(found[counts.argmax()])]
    return SAME_IOU * (area + other - shared) <= shared < other
