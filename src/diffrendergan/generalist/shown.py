"""What the generalist is shown: each image is drawn once and shown a few times, later on turned and mirrored.

A GPU learns from images faster than its host draws them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.bodies import Bodies
from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.standard import standardised
from diffrendergan.runs import seeds
from diffrendergan.segmentation.unet.batches import Batch, as_batch
from diffrendergan.segmentation.unet.targets import crop_classes, crop_distance

TIMES = 3
"""How often each image is shown."""
LATER = 100
"""Steps between two times."""


@dataclass(frozen=True)
class Drawing:
    """How blocks of images are drawn.

    Attributes
    ----------
    edge_px : int
        Edge of the images [px].
    count : int
        Images in a block.
    seed : int
    contour_width_px : int
        Width of the contour class [px].
    """

    edge_px: int
    count: int
    seed: int
    contour_width_px: int = 1

    def __call__(self, bodies: Bodies, number: int) -> Block:
        """Return block `number`, which depends on the bodies, the seed and the number alone."""
        images, classes, distances = [], [], []
        for index in range(number * self.count, (number + 1) * self.count):
            example = draw_example(*bodies, self.edge_px, self.seed, index)
            images.append(standardised(example.image))
            classes.append(crop_classes(example.labels, self.contour_width_px))
            distances.append(crop_distance(example.labels))
        return Block(np.stack(images), np.stack(classes), np.stack(distances))


@dataclass(frozen=True, eq=False)
class Block:
    """Images drawn together.

    Attributes
    ----------
    images : float32 (n, P, P)
    classes : uint8 (n, P, P)
    distances : float32 (n, P, P)
    """

    images: NDArray[np.float32]
    classes: NDArray[np.uint8]
    distances: NDArray[np.float32]

    def turned(self, quarters: int, mirrored: bool) -> Block:
        """Return the block turned by quarters, and mirrored first."""
        return Block(*(_turned(a, quarters, mirrored) for a in (self.images, self.classes, self.distances)))


def _turned(stack: NDArray, quarters: int, mirrored: bool) -> NDArray:
    return np.ascontiguousarray(np.rot90(stack[..., ::-1] if mirrored else stack, quarters, axes=(1, 2)))


def blocks_for(steps: range) -> range:
    """Return the numbers of the blocks that some steps show."""
    return range(max(0, steps.start - (TIMES - 1) * LATER), steps.stop)


def shown_at(steps: range, blocks: Iterator[Block], seed: int) -> Iterator[tuple[int, Batch]]:
    """Yield steps with what they show: the new block, and those of `LATER` steps ago, and again, turned.

    Parameters
    ----------
    steps : range
    blocks : iterator of Block
        Those of `blocks_for(steps)`, in order.
    seed : int
        Of the turns.
    """
    kept: dict[int, Block] = {}
    for number, block in zip(blocks_for(steps), blocks, strict=True):
        kept[number] = block
        kept.pop(number - (TIMES - 1) * LATER - 1, None)
        if number not in steps:
            continue
        parts = [block]
        for time in range(1, TIMES):
            if (earlier := number - time * LATER) >= 0:
                rng = seeds.generator(seed, "turned", earlier, time)
                parts.append(kept[earlier].turned(int(rng.integers(4)), bool(rng.integers(2))))
        yield number, joined(parts)


def joined(parts: list[Block]) -> Batch:
    """Return blocks as one batch."""
    images, classes, distances = (
        [array for part in parts for array in getattr(part, name)] for name in ("images", "classes", "distances")
    )
    return as_batch(images, classes, distances, images[0].shape[0])
