"""Virtual images of every kind, described: what the kind of an image is learned from, and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.bodies import Bodies
from diffrendergan.generalist.kinds.features import described
from diffrendergan.generalist.kinds.windows import EDGE_PX
from diffrendergan.generalist.looks import LOOKS
from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.standard import standardised
from diffrendergan.segmentation.packaged import packaged_network

SHARES = {"secondary": 0.28, "backscattered": 0.18, "transmission": 0.2, "dark field": 0.17, "heights": 0.17}
"""How often each look is drawn: nearly alike, so that probabilities say what the image tells; the widest look most.
Sections are not told apart: by their look alone nobody could tell one from back-scattered electrons."""


@dataclass(frozen=True)
class DescribedBlock:
    """Draws a block of images and describes them; picklable, for several processes.

    Attributes
    ----------
    seed : int
    count : int
        Images in a block.
    """

    seed: int
    count: int

    def __call__(self, bodies: Bodies, number: int) -> tuple[list[str], NDArray[np.float32]]:
        """Return the looks of the images of a block, and their vectors (n, features)."""
        looks = [(name, SHARES[name], shows) for name, _, shows in LOOKS if name in SHARES]
        names, images = [], []
        for index in range(number * self.count, (number + 1) * self.count):
            example = draw_example(*bodies, EDGE_PX, self.seed, index, looks)
            names.append(example.look)
            images.append(standardised(example.image))
        return names, described(packaged_network()[0], np.stack(images))
