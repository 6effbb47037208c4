"""Which pictures of a run are looked at: few, spread over all, and always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.candidates import Place

SCANS = 6
"""Scans that are looked at ..."""
HELD_OUT = 3
"""... of which so many are held out, where there are, ..."""
EDGE_PX = 640
"""... in their middle, if they are larger than this along an edge [px]."""
PATCHES = 12
"""Training patches, and synthetic images, that are looked at."""
EMPTY = 12
"""Background patches that are looked at where they lie in these scans: out of its place a patch looks other."""
LEAST_EMPTY = 4
"""Where fewer lie there, as many as make so many are looked at, each with what lies around it ..."""
AROUND = 1.5
"""... up to this edge, in edges of the patch."""

Window = tuple[slice, slice]
"""Rows and columns of a scan."""

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


def middle(shape: tuple[int, ...]) -> Window:
    """Return the middle of a scan of a shape (H, W), or all of it if it is small."""
    rows, columns = (_window(length, EDGE_PX, length // 2) for length in shape)
    return rows, columns


def around(shape: tuple[int, ...], place: Place, size: int) -> Window:
    """Return what lies around a patch in a scan of a shape (H, W)."""
    rows, columns = (
        _window(length, round(AROUND * size), start + size // 2)
        for length, start in zip(shape, (place.y, place.x), strict=True)
    )
    return rows, columns


def inside(window: Window, place: Place, size: int) -> Window | None:
    """Return where in a window a patch lies; None if it does not lie there as a whole."""
    starts = [start - part.start for start, part in zip((place.y, place.x), window, strict=True)]
    fits = all(0 <= at <= part.stop - part.start - size for at, part in zip(starts, window, strict=True))
    return (slice(starts[0], starts[0] + size), slice(starts[1], starts[1] + size)) if fits else None


def cropped(scan: Micrograph, window: Window) -> Micrograph:
    """Return a part of a scan."""
    field = None if scan.field is None else scan.field[window]
    whole = field is None or field.all()
    return replace(scan, pixels=scan.pixels[window], field=None if whole else field, heights_nm=None)


def _window(length: int, edge: int, centre: int) -> slice:
    """Return a window of an edge about a centre, moved so that it lies within a length."""
    edge = min(edge, length)
    start = min(max(centre - edge // 2, 0), length - edge)
    return slice(start, start + edge)
