"""Text and scale bars that were drawn into a scan.

They are taken for what they are only where nothing measured looks so: a filled rectangle of one extreme value with
sharp edges, much longer than high, upright to the pixel, and with it the letters of the same value beside it; or,
without a bar, at least three letters of that value in a line, made of thin strokes with sharp edges, with tops or feet
at one height to the pixel. Where what was drawn is not of exactly one value, it has to lie near the upper or lower
border of the scan. A scan without either is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.types import BoolImage

Box = tuple[slice, ...]

LEAST_ASPECT = 5.0
LEAST_LENGTH_PX, LEAST_ROWS = 20, 2
STEP_PX = 2
SHARP = 0.15
"""At `STEP_PX` from a bar, grey values differ from it by this fraction of the scan's range: particles are blurred."""
SHARP_PART = 0.9
"""The same holds for this part of what lies around."""
LETTERS_FAR = 0.12
"""Letters lie at most this share of the scan's larger side from the bar [px]."""
LETTER_ROWS = (7, 60)
"""Heights of letters that are told from dirt without a bar [px]."""
LEAST_LETTERS = 3
"""In a line of text without a bar: two of a kind are a chance."""
STROKE = 0.5
"""Strokes of letters are thinner than this fraction of their height; saturated particles are solid."""
SPACING = 2.0
"""Letters of a line follow each other within so many times their height."""
OPEN_RING = 0.5
"""At least this part of what lies around a letter belongs to no other."""
MARGIN_PX = 3
ALIKE = (0.03, 0.06, 0.1)
"""Where nothing of exactly one value is found: in lossy files and resampled figures, what was drawn differs within
itself by less than this fraction of the scan's range; the first at which anything is found counts."""


@dataclass(frozen=True)
class _Ink:
    """How exactly what is drawn keeps to its shape."""

    bar: float
    """A bar fills its bounding box to this fraction."""
    letter: float
    """At least one letter of a line fills less of its box: upright rods fill it."""
    border: float
    """It lies within this share of the rows from the upper or lower border; .5 is anywhere."""
    largest: float
    """Text without a bar covers at most this share of the scan; more is none."""


WITH_BAR = 0.15
"""What is drawn with a bar covers at most this share of the scan: large writing on small figures."""
EXACT = _Ink(bar=0.99, letter=0.75, border=0.5, largest=0.15)
SOFTENED = _Ink(bar=0.85, letter=0.6, border=0.25, largest=0.05)
"""The edges of a bar are softened, and letters touch it; the corners of blurred rods are round."""
MOSTLY = 0.2
"""Then at least this part of all that is so bright or dark has to be drawn. Set on 140 scans: of two saturated ones, in
which bright spots lie in a line by chance, less is; of printed figures more."""


def find_burnt_in(values: NDArray[np.generic], field: BoolImage) -> BoolImage | None:
    """Find text and scale bar within the field of a scan.

    Parameters
    ----------
    values : ndarray, shape (H, W)
        Numbers of the file, without the data bar.
    field : ndarray of bool, shape (H, W)
        True within the field.

    Returns
    -------
    ndarray of bool, shape (H, W), or None
        What is covered, with a margin; None where nothing is.
    """
    inside = values[field]
    low, high = percentiles(inside, [1, 99])
    spread = max(float(high - low), 1e-12)
    extremes = float(inside.max()), float(inside.min())
    for extreme in extremes:
        drawn = _drawn_at((values == extreme) & field, values, extreme, spread, EXACT)
        if drawn is not None:
            return drawn
    for alike in ALIKE:
        found = [_softened(values, field, extreme, alike * spread, spread) for extreme in extremes]
        drawn_there = [drawn for drawn in found if drawn is not None]
        if drawn_there:
            return np.any(drawn_there, axis=0)
    return None


def _softened(
    values: NDArray[np.generic], field: BoolImage, extreme: float, within: float, spread: float
) -> BoolImage | None:
    """Return what is drawn in nearly one value, if there is little else of it."""
    alike = (values >= np.float64(extreme - within)) & (values <= np.float64(extreme + within)) & field
    drawn = _drawn_at(alike, values, extreme, spread, SOFTENED)
    if drawn is None or (alike & drawn).sum() < MOSTLY * alike.sum():
        return None
    return drawn


def _drawn_at(
    equal: BoolImage, values: NDArray[np.generic], value: float, spread: float, ink: _Ink
) -> BoolImage | None:
    labels, count = ndimage.label(equal, np.ones((3, 3), int))
    if count == 0:
        return None
    boxes = ndimage.find_objects(labels)
    bar_like, letter_like = _of_size(boxes, labels.shape, ink)
    if len(bar_like) == 0 and len(letter_like) < LEAST_LETTERS:
        return None
    bars = [
        boxes[number - 1] for number in bar_like
        if (labels[boxes[number - 1]] == number).mean() >= ink.bar
        and _is_sharp(labels == number, values, value, spread)
    ]  # fmt: skip
    reach = LETTERS_FAR * max(labels.shape)
    drawn = np.zeros(labels.shape, bool)
    for bar in bars:
        near = [box for box in boxes if _is_letter(box, bar) and _distance(box, bar) <= reach]
        for box in (bar, *near):
            drawn[_widened(box, MARGIN_PX)] = True
    strokes = [number for number in letter_like if _is_stroke(labels, number, boxes[number - 1], values, value, spread)]
    for line in _lines_of_text(labels, boxes, strokes, ink):
        drawn[_widened(line, MARGIN_PX)] = True
    largest = WITH_BAR if bars else ink.largest
    return drawn if 0 < drawn.mean() <= largest else None


def _of_size(boxes: list[Box], shape: tuple[int, ...], ink: _Ink) -> tuple[list[int], list[int]]:
    """Return the numbers of components that may be bars, and of those that may be letters, by size and place.

    Neither touches a border, and both lie where such ink is drawn.
    """
    top, foot, left, right = np.array([(b[0].start, b[0].stop, b[1].start, b[1].stop) for b in boxes]).T
    rows, columns, middle = foot - top, right - left, (top + foot) / 2 / shape[0]
    inner = (top > 0) & (left > 0) & (foot < shape[0]) & (right < shape[1])
    placed = inner & (np.minimum(middle, 1 - middle) <= ink.border)
    bars = placed & (rows >= LEAST_ROWS) & (columns >= np.maximum(LEAST_LENGTH_PX, LEAST_ASPECT * rows))
    letters = placed & (rows >= LETTER_ROWS[0]) & (rows <= LETTER_ROWS[1]) & (columns >= 2) & (columns <= 1.5 * rows)
    return [*(np.flatnonzero(bars) + 1).tolist()], [*(np.flatnonzero(letters) + 1).tolist()]


def _lines_of_text(labels: NDArray[np.integer], boxes: list[Box], numbers: list[int], ink: _Ink) -> Iterator[Box]:
    """Yield the box of each line of strokes, and of what of the same value reaches into it: points, feet, brackets."""
    if len(numbers) < LEAST_LETTERS:
        return
    letters = [boxes[number - 1] for number in numbers]
    top, left, foot, right = np.array([(b[0].start, b[1].start, b[0].stop, b[1].stop) for b in letters]).T
    filled = np.array([(labels[box] == number).mean() for number, box in zip(numbers, letters, strict=True)])
    height = foot - top
    gap = np.maximum(left[:, None] - right, left - right[:, None])
    level = (abs(top[:, None] - top) <= 1) | (abs(foot[:, None] - foot) <= 1)
    alike = np.maximum(height[:, None], height) <= 2 * np.minimum(height[:, None], height)
    follow = level & alike & (gap <= SPACING * np.maximum(height[:, None], height)) & (gap >= 0)
    _, line = connected_components(coo_array(follow), directed=False)
    for number in np.flatnonzero(np.bincount(line) >= LEAST_LETTERS):
        these = line == number
        if filled[these].min() > ink.letter:
            continue
        rows = slice(int(top[these].min()), int(foot[these].max()))
        whole = rows, slice(int(left[these].min()), int(right[these].max()))
        yield whole
        yield from (box for box in boxes if _belongs_to(box, whole))


def _belongs_to(box: Box, line: Box) -> bool:
    """Tell whether a component is a further letter of a line, or a piece of one."""
    rows, columns = (side.stop - side.start for side in box)
    shared = min(box[0].stop, line[0].stop) - max(box[0].start, line[0].start)
    near = _distance(box, line) <= SPACING * (line[0].stop - line[0].start)
    return near and 2 * shared >= rows and max(rows, columns) <= LETTER_ROWS[1]


def _is_stroke(
    labels: NDArray[np.integer], number: int, box: Box, values: NDArray[np.generic], value: float, spread: float
) -> bool:
    """Tell whether a component is drawn of thin strokes with sharp edges."""
    around = _widened(box, STEP_PX + 1)
    part, drawn = labels[around] == number, labels[around] > 0
    if 2 * float(ndimage.distance_transform_edt(part).max()) > STROKE * (box[0].stop - box[0].start):
        return False
    ring = _ring(part)
    open_ring = ring & ~ndimage.binary_dilation(drawn, np.ones((3, 3), bool), STEP_PX - 1)
    if open_ring.sum() < OPEN_RING * ring.sum():
        return False
    jump = np.abs(values[around][open_ring].astype(np.float64) - value)
    return float(np.mean(jump >= SHARP * spread)) >= SHARP_PART


def _widened(box: Box, margin: int) -> Box:
    return tuple(slice(max(0, side.start - margin), side.stop + margin) for side in box)


def _is_sharp(bar: BoolImage, values: NDArray[np.generic], value: float, spread: float) -> bool:
    jump = np.abs(values[_ring(bar)].astype(np.float64) - value)
    return float(np.mean(jump >= SHARP * spread)) >= SHARP_PART


def _ring(part: BoolImage) -> BoolImage:
    """Return what lies `STEP_PX` around a part."""
    square = np.ones((3, 3), bool)
    inner = ndimage.binary_dilation(part, square, STEP_PX - 1)
    return np.asarray(ndimage.binary_dilation(part, square, STEP_PX) & ~inner, bool)


def _is_letter(box: Box, bar: Box) -> bool:
    """Tell whether a component has the size of a letter of the bar's writing."""
    rows, columns = (side.stop - side.start for side in box)
    return bool(box != bar and rows <= max(60, bar[1].stop - bar[1].start) and columns <= 60 and rows * columns >= 4)


def _distance(one: Box, other: Box) -> float:
    gaps = [max(0, a.start - b.stop, b.start - a.stop) for a, b in zip(one, other, strict=True)]
    return float(np.hypot(*gaps))
