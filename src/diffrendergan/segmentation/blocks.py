"""Label images of scans too large to be segmented at once: block by block, with a common margin."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layer, Layers
from diffrendergan.labels.overlap import region_overlaps
from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.unet.tiles import tile_starts

BLOCK_PX = 3072
"""Edge of a block [px]; scans up to this size are segmented at once. Predicting and cutting one takes about 1 GB."""
MARGIN_PX = 512
"""Least overlap of neighbouring blocks [px]."""
LEAST_IOU = 0.5
"""Two pieces are one particle if, where both blocks look, they agree by more than this."""

Name = TypeVar("Name", bound=Hashable)


class Block(NamedTuple):
    """A part of a scan, and the middle of it that no other block knows better."""

    rows: slice
    columns: slice
    core: tuple[slice, slice]
    """In the block's own coordinates."""


def segment_in_blocks(
    pixels: NDArray[np.float32],
    segment: Callable[[NDArray[np.float32]], Mapping[Name, NDArray[np.int32]]],
    block_px: int = BLOCK_PX,
    margin_px: int = MARGIN_PX,
) -> dict[Name, NDArray[np.int32]]:
    """Segment a scan of any size in the memory of one block, beside the scan and its label images.

    Neighbouring blocks overlap. A pixel is decided by the block in whose core it lies; pieces of two blocks that agree
    where both look are one particle, however long it is.

    Parameters
    ----------
    pixels : float32 (H, W)
    segment : callable
        Returns the label images of a block, by name: by decoding, for example.
    block_px, margin_px : int
        Edge of a block and least overlap of neighbours [px].

    Returns
    -------
    dict
        For each name int32 (H, W): 0 background, 1..k particles.
    """
    if max(pixels.shape) <= block_px:
        return dict(segment(pixels))
    results: dict[Name, NDArray[np.int32]] = {}
    seen = np.zeros(pixels.shape, bool)
    for block in _blocks(pixels.shape, block_px, margin_px):
        place = (block.rows, block.columns)
        for name, labels in segment(np.ascontiguousarray(pixels[place])).items():
            result = results.setdefault(name, np.zeros(pixels.shape, np.int32))
            _add(labels, block, result[place], seen[place], int(result.max()))
        seen[place] = True
    return {name: drop_small(result, 1) for name, result in results.items()}


def joined_layers(
    labels: NDArray[np.int32],
    of_blocks: Sequence[tuple[NDArray[np.int32], Layers]],
    block_px: int = BLOCK_PX,
    margin_px: int = MARGIN_PX,
) -> Layers:
    """Return the layers of blocks as those of the scan, by the numbers that its label image gives their particles.

    A particle that several blocks see is taken from the one in whose core most of it lies.

    Parameters
    ----------
    labels : int32 (H, W)
        As `segment_in_blocks` returns it.
    of_blocks : sequence of (int32 (h, w), Layers)
        Label image and layers of each block, in the order in which they were segmented.
    block_px, margin_px : int
        As there.
    """
    if max(labels.shape) <= block_px:
        return of_blocks[0][1]
    best: dict[int, tuple[int, Layer, Block]] = {}
    blocks = _blocks(labels.shape, block_px, margin_px)
    for block, (of_block, layers) in zip(blocks, of_blocks, strict=True):
        here, ours = labels[block.rows, block.columns][block.core], of_block[block.core]
        overlaps = region_overlaps(ours, here)
        numbers, known = np.unique(ours[ours > 0]), np.unique(here[here > 0])
        by_number = {layer.number: layer for layer in layers}
        for row, column, shared in zip(overlaps.rows, overlaps.columns, overlaps.shared, strict=True):
            number, size = int(known[column]), int(shared)
            if size > best.get(number, (0,))[0]:
                best[number] = size, by_number[int(numbers[row])], block
    return Layers.of(
        labels.shape,
        (
            (number, block.rows.start + layer.top, block.columns.start + layer.left, layer.mask)
            for number, (_, layer, block) in best.items()
        ),
    )


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


def _add(
    labels: NDArray[np.int32], block: Block, result: NDArray[np.int32], seen: NDArray[np.bool_], count: int
) -> None:
    """Write a block's particles into its part of the result, with the numbers of those that are there already."""
    numbers = np.concatenate([[0], count + np.arange(1, labels.max() + 1)]).astype(np.int32)
    before, here = np.where(seen, result, 0), np.where(seen, labels, 0)
    overlaps = region_overlaps(before, here)
    known, pieces = np.unique(before[before > 0]), np.unique(here[here > 0])
    # Above one half, a piece can agree with one particle only, and a particle with one piece.
    agree = overlaps.ious > LEAST_IOU
    numbers[pieces[overlaps.columns[agree]]] = known[overlaps.rows[agree]]
    decided = ~seen
    decided[block.core] = True
    result[decided] = numbers[labels][decided]
