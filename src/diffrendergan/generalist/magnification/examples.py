"""Looks at virtual images of known truth: what the judge of looks is learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.bodies import Bodies
from diffrendergan.generalist.magnification.choosing import seen_at, small_looks, split_scales
from diffrendergan.generalist.magnification.signs import described
from diffrendergan.generalist.prior import compose
from diffrendergan.generalist.scales import particles_at
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.generalist.standard import standardised
from diffrendergan.metrics.matching import average_precision, match
from diffrendergan.runs import seeds

EDGES_PX = (240, 960)
"""Least and largest edge of the images [px]; of their logarithms all are as likely."""


@dataclass(frozen=True)
class JudgedBlock:
    """Draws a block of images, looks at them at all magnifications, and judges by their truth; picklable.

    Attributes
    ----------
    seed : int
    count : int
        Images in a block.
    tool : Generalist
        Whose looks are judged.
    """

    seed: int
    count: int
    tool: Generalist

    def __call__(self, bodies: Bodies, number: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the looks of a block are judged by, (n, `signs.SIGNS`), and how good they are, (n,)."""
        drawn = [self._looked_at(bodies, index) for index in range(number * self.count, (number + 1) * self.count)]
        signs, goodness = (np.concatenate(part) for part in zip(*drawn, strict=True))
        return signs, goodness

    def _looked_at(self, bodies: Bodies, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the same for one image: looks stand as they are judged, small ones alone and with the larger ones."""
        rng = seeds.generator(self.seed, "looks", index)
        height, width = (int(edge) for edge in np.exp(rng.uniform(np.log(EDGES_PX[0]), np.log(EDGES_PX[1]), 2)))
        example = compose(*bodies, (height, width), rng)
        shown, network = standardised(example.image), self.tool.network
        small, large = split_scales(shown.shape)
        first = small_looks(network, shown, small)
        sets = [first]
        for turned in (False, True):
            sets.append([*first, *(seen_at(network, shown, scale, turned) for scale in large)])
        signs = [described(seen) for seen in sets]
        known: dict[int, float] = {}
        for each in (each for seen in sets for each in seen):
            if id(each) not in known:
                known[id(each)] = goodness(example.labels, particles_at(each.looked, shown.shape))
        return np.concatenate(signs), np.array([known[id(each)] for seen in sets for each in seen])


def goodness(true: NDArray[np.int32], found: NDArray[np.int32]) -> float:
    """Return how good particles are: AP50; where there is none in truth, the less the more are found."""
    if not true.any():
        return 1 / (1 + int(found.max()))
    return average_precision(match(true, found))
