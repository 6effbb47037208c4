"""Label images of scans too large to be segmented at once: block by block, with a common margin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.segmentation.prediction import tile_starts

BLOCK_PX = 3072
"""Edge of a block [px]; scans up to this size are segmented at once. Predicting and cutting one takes about 1 GB."""
MARGIN_PX = 512
"""Least overlap of neighbouring blocks [px]: particles up to this size lie whole in one of them."""
LEAST_NEW = 0.5
"""A particle of a later block is new if more than this part of its area is free."""

Segment = Callable[[NDArray[np.float32]], NDArray[np.int32]]


class Block(NamedTuple):
    """A part of a scan, and the middle of it that no other block knows better."""

    rows: slice
    columns: slice
    core: tuple[slice, slice]
    """In the block's own coordinates."""


def segment_in_blocks(
    pixels: NDArray[np.float32], segment: Segment, block_px: int = BLOCK_PX, margin_px: int = MARGIN_PX
) -> NDArray[np.int32]:
    """Segment a scan of any size in the memory of one block, beside the scan and its label image.

    Neighbouring blocks overlap, and each particle is taken from the block in whose core its centre lies: there it is
    whole, unless it is longer than the margin.

    Parameters
    ----------
    pixels : float32 (H, W)
    segment : callable
        Returns the label image of a block.
    block_px, margin_px : int
        Edge of a block and least overlap of neighbours [px].

    Returns
    -------
    int32 (H, W)
        0 background, 1..k particles.
    """
    if max(pixels.shape) <= block_px:
        return segment(pixels)
    result = np.zeros(pixels.shape, np.int32)
    count = 0
    for block in _blocks(pixels.shape, block_px, margin_px):
        labels = segment(np.ascontiguousarray(pixels[block.rows, block.columns]))
        count += _take(labels, block, result[block.rows, block.columns], count)
    return result


def _blocks(shape: tuple[int, ...], size: int, margin: int) -> Iterator[Block]:
    rows, columns = (_intervals(length, size, margin) for length in shape)
    for row, core_row in rows:
        for column, core_column in columns:
            yield Block(row, column, (core_row, core_column))


def _intervals(length: int, size: int, margin: int) -> list[tuple[slice, slice]]:
    """Return the intervals of an axis and their cores, which end in the middle of the overlaps."""
    size = min(size, length)
    starts = tile_starts(length, size, margin / size)
    found = []
    for index, start in enumerate(starts):
        low = 0 if index == 0 else (starts[index - 1] + size + start) // 2
        high = length if index == len(starts) - 1 else (start + size + starts[index + 1]) // 2
        found.append((slice(start, start + size), slice(low - start, high - start)))
    return found


def _take(labels: NDArray[np.int32], block: Block, result: NDArray[np.int32], count: int) -> int:
    """Write the particles whose centres lie in the core into a view of the result; return how many these are."""
    taken = 0
    # A pixel of tolerance: two blocks may see the centre of one particle a little differently.
    rows, columns = (range(core.start - 1, core.stop + 1) for core in block.core)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        own = labels[box] == number
        centre = [round(float(c)) + s.start for c, s in zip(ndimage.center_of_mass(own), box, strict=True)]
        free = own & (result[box] == 0)
        if centre[0] in rows and centre[1] in columns and free.sum() > LEAST_NEW * own.sum():
            taken += 1
            result[box][free] = count + taken
    return taken
