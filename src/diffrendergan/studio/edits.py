"""Corrections by hand: each is a step, from the label image that a network found to the corrected one.

Steps are plain values, so that they are written down as they are made; undoing is leaving out the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.errors import DataError
from diffrendergan.labels.polygons import filled

Labels = NDArray[np.int32]
Step = Mapping[str, Any]
LEAST_PX = 4
"""A drawn particle of fewer pixels is a slip of the mouse."""


def corrected(labels: Labels, steps: Sequence[Step]) -> Labels:
    """Return a label image after some steps.

    Parameters
    ----------
    labels : int32 (H, W)
        0 ground, particles above; it stays as it is.
    steps : sequence of mapping
        ``{"do": "delete", "labels": [3]}``, ``{"do": "merge", "labels": [3, 4]}`` (all become the first),
        ``{"do": "split", "label": 3, "line": [[x, y], [x, y]]}`` (what lies right of the line gets a new number) or
        ``{"do": "draw", "outline": [[x, y], …]}`` (ground within it becomes a particle); places in px from the upper
        left corner.

    Raises
    ------
    DataError
        If a step does nothing, in a sentence that says why.
    """
    changed = labels.copy()
    for step in steps:
        _take(changed, step)
    return changed


def _take(labels: Labels, step: Step) -> None:
    """Take one step in place."""
    if step["do"] == "delete":
        _replace(labels, step["labels"], 0)
    elif step["do"] == "merge":
        if len(set(step["labels"])) < 2:
            raise DataError("Choose at least two particles to merge (Shift and click).")
        _replace(labels, step["labels"], int(step["labels"][0]))
    elif step["do"] == "split":
        _split(labels, int(step["label"]), np.asarray(step["line"], float))
    elif step["do"] == "draw":
        _draw(labels, np.asarray(step["outline"], float).reshape(-1, 2))
    else:
        raise DataError(f"{step['do']} is no step of a correction.")


def _replace(labels: Labels, numbers: Sequence[int], by: int) -> None:
    boxes = ndimage.find_objects(labels)
    known = [number for number in numbers if 0 < number <= len(boxes) and boxes[number - 1] is not None]
    if not known:
        raise DataError("Choose a particle first.")
    for number in known:
        part = labels[boxes[number - 1]]
        part[part == number] = by


def _split(labels: Labels, number: int, line: NDArray[np.float64]) -> None:
    """Give what lies on the right of a line a number of its own."""
    rows, columns = np.nonzero(labels == number)
    if number < 1 or not len(rows):
        raise DataError("Begin the line beside a particle and end it on its other side.")
    (x0, y0), (x1, y1) = line
    right = (x1 - x0) * (rows + 0.5 - y0) - (y1 - y0) * (columns + 0.5 - x0) > 0
    if right.all() or not right.any():
        raise DataError("The line does not cross the particle; draw it from one side to the other.")
    labels[rows[right], columns[right]] = labels.max() + 1


def _draw(labels: Labels, outline: NDArray[np.float64]) -> None:
    """Make a particle of the ground within an outline; other particles keep their pixels."""
    height, width = labels.shape
    if len(outline) < 3:
        raise DataError("Draw around the particle with the mouse held down.")
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, (width, height))
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int), 0, (width, height))
    part = labels[top:bottom, left:right]
    inside = filled([outline - (left, top)], part.shape) & (part == 0)
    if inside.sum() < LEAST_PX:
        raise DataError("There is no ground within what you drew; particles that are there keep their pixels.")
    part[inside] = labels.max() + 1


def line_label(labels: Labels, line: Sequence[Sequence[float]]) -> int:
    """Return the particle that a line crosses on the longest way; 0 if it crosses none."""
    (x0, y0), (x1, y1) = line
    along = np.linspace(0, 1, 2 * int(np.hypot(x1 - x0, y1 - y0)) + 2)
    rows, columns = (np.floor(a + along * (b - a)).astype(int) for a, b in ((y0, y1), (x0, x1)))
    inside = (rows >= 0) & (rows < labels.shape[0]) & (columns >= 0) & (columns < labels.shape[1])
    crossed = labels[rows[inside], columns[inside]]
    crossed = crossed[crossed > 0]
    return int(np.bincount(crossed).argmax()) if len(crossed) else 0
