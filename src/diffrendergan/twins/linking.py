"""Which true and which found particles belong together, and what became of each: found, missed, merged, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.extents import bounding_boxes, row_extents
from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.sizes.border import miles_lantuejoul_weights
from diffrendergan.sizes.units import equivalent_diameters

Values = NDArray[np.float64]
Labels = NDArray[np.int32]
MISSED, ALONE, MERGED, SPLIT = range(4)
"""What becomes of a true particle."""
FATES = ("missed", "alone", "merged", "split")
WITHIN = 0.5
"""A particle lies in another if this share of its area does: of two that overlap by an IoU of a half, the threshold at
which the scores match them, each lies in the other."""


@dataclass(frozen=True, eq=False)
class Sized:
    """The particles of a label image, by rising labels, shape (k,).

    Attributes
    ----------
    log_size : float64
        Logarithm of the diameter of the disc of equal area [px].
    weight : float64
        How many particles each stands for (Miles and Lantuéjoul); 0 for those that the border cuts.
    x, y : float64
        Middle of the bounding box [px].
    """

    log_size: Values
    weight: Values
    x: Values
    y: Values

    def __len__(self) -> int:
        return len(self.log_size)


@dataclass(frozen=True, eq=False)
class Linked:
    """True and found particles of one image or several, and the links between them.

    Attributes
    ----------
    true, found : Sized
        n and m particles.
    fate : int (n,)
        What became of each true one.
    share : float64 (n,)
        Found particles that each true one gave: half of one that it shares with another, two if it is split.
    of_true, of_found : int (l,)
        The links. A found particle is linked to all true ones that it holds, else to the one that it lies in.
    part : float64 (l,)
        Share of the found particle that the link stands for.
    false : bool (m,)
        Found ones without a link.
    pixels : int
        Of the image.
    true_px, found_px, both_px : int
        Pixels of particles in truth, as found, and both.
    """

    true: Sized
    found: Sized
    fate: NDArray[np.int64]
    share: Values
    of_true: NDArray[np.int64]
    of_found: NDArray[np.int64]
    part: Values
    false: NDArray[np.bool_]
    pixels: int
    true_px: int
    found_px: int
    both_px: int


def sized(labels: Labels) -> Sized:
    """Return the sizes and weights of the particles of a label image (H, W), 0 being background."""
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    areas = np.bincount(numbers, minlength=1)
    present = np.flatnonzero(areas)
    boxes = bounding_boxes(row_extents(numbers, rows, columns))
    weights = miles_lantuejoul_weights(boxes, (labels.shape[0], labels.shape[1]))
    left, top, width, height = boxes.astype(float).T if len(boxes) else np.zeros((4, 0))
    return Sized(np.log(equivalent_diameters(areas[present])), weights, left + width / 2, top + height / 2)


def link(true: Labels, found: Labels) -> Linked:
    """Link the particles of two label images (H, W) of the same scene.

    Raises
    ------
    ValueError
        If the shapes differ, or a label is negative.
    """
    overlaps = region_overlaps(true, found)
    rows, columns, shared = overlaps.rows, overlaps.columns, overlaps.shared
    n, m = len(overlaps.true_areas), len(overlaps.pred_areas)
    held = shared >= WITHIN * overlaps.true_areas[rows]
    holder = shared >= WITHIN * overlaps.pred_areas[columns]
    number_held = np.bincount(columns[held], minlength=m)
    # A found particle that holds none is a piece of the one that it lies in.
    piece = holder & (number_held[columns] == 0)
    linked = held | piece
    of_true, of_found = rows[linked], columns[linked]
    part = 1 / np.bincount(of_found, minlength=m)[of_found] if len(of_found) else np.zeros(0)
    links = np.bincount(of_true, minlength=n)
    fate = np.where(links == 0, MISSED, np.where(links > 1, SPLIT, ALONE))
    fate[rows[held & (number_held[columns] > 1)]] = MERGED
    return Linked(
        sized(true),
        sized(found),
        fate.astype(np.int64),
        np.bincount(of_true, part, minlength=n).astype(np.float64),
        of_true,
        of_found,
        part,
        np.bincount(of_found, minlength=m) == 0,
        true.size,
        int((true > 0).sum()),
        int((found > 0).sum()),
        int(((true > 0) & (found > 0)).sum()),
    )


def joined(parts: Sequence[Linked]) -> Linked:
    """Return the particles of several images as those of one."""
    of_true = np.cumsum([0, *(len(part.true) for part in parts)])
    of_found = np.cumsum([0, *(len(part.found) for part in parts)])

    def rows(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    def total(name: str) -> int:
        return sum(getattr(part, name) for part in parts)

    return Linked(
        true=together([part.true for part in parts]),
        found=together([part.found for part in parts]),
        fate=rows("fate"),
        share=rows("share"),
        of_true=np.concatenate([part.of_true + start for part, start in zip(parts, of_true, strict=False)]),
        of_found=np.concatenate([part.of_found + start for part, start in zip(parts, of_found, strict=False)]),
        part=rows("part"),
        false=rows("false"),
        pixels=total("pixels"),
        true_px=total("true_px"),
        found_px=total("found_px"),
        both_px=total("both_px"),
    )


def together(parts: Sequence[Sized]) -> Sized:
    """Return the particles of several images."""
    columns = ([getattr(part, name) for part in parts] for name in ("log_size", "weight", "x", "y"))
    return Sized(*(np.concatenate(column) for column in columns))
