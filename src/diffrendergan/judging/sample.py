"""Which pictures of a run are looked at: few, spread over all, and always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.candidates import Place

SCANS = 8
"""Scans that are looked at ..."""
HELD_OUT = 4
"""... of which so many are held out, where there are, ..."""
EDGE_PX = 640
"""... in their middle, if they are larger than this along an edge [px]."""
PATCHES = 12
"""Training patches, and synthetic images, that are looked at."""
EMPTY = 6
"""Background patches that are looked at, each with what lies around it: out of its place a patch looks other."""
AROUND = 1.5
"""Edge of what is looked at around a background patch, in edges of the patch."""

T = TypeVar("T")


def spread(items: Sequence[T], count: int) -> list[T]:
    """Return at most so many of the items, evenly spread over all."""
    if len(items) <= count:
        return list(items)
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]


def sampled_scans(train: Sequence[str], test: Sequence[str]) -> list[str]:
    """Return the names of the scans that are looked at, those held out first.

    Where one side has too few, the other makes up for it.
    """
    held_out = min(len(test), max(HELD_OUT, SCANS - len(train)))
    return [*spread(test, held_out), *spread(train, SCANS - held_out)]


def middle(scan: Micrograph) -> Micrograph:
    """Return the middle of a scan, or all of it if it is small."""
    rows, columns = (_window(length, EDGE_PX, length // 2) for length in scan.pixels.shape)
    return cropped(scan, rows, columns)


def around(scan: Micrograph, place: Place, size: int) -> tuple[Micrograph, tuple[slice, slice]]:
    """Return what lies around a patch of a scan, and where in it the patch lies."""
    starts = (place.y, place.x)
    windows = [
        _window(length, round(AROUND * size), start + size // 2)
        for length, start in zip(scan.pixels.shape, starts, strict=True)
    ]
    inside = [
        slice(start - window.start, start - window.start + size) for start, window in zip(starts, windows, strict=True)
    ]
    return cropped(scan, windows[0], windows[1]), (inside[0], inside[1])


def cropped(scan: Micrograph, rows: slice, columns: slice) -> Micrograph:
    """Return a part of a scan."""
    field = None if scan.field is None else scan.field[rows, columns]
    whole = field is None or field.all()
    return replace(scan, pixels=scan.pixels[rows, columns], field=None if whole else field)


def _window(length: int, edge: int, centre: int) -> slice:
    """Return a window of an edge about a centre, moved so that it lies within a length."""
    edge = min(edge, length)
    start = min(max(centre - edge // 2, 0), length - edge)
    return slice(start, start + edge)
