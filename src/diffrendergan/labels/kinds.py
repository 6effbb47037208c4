"""What the numbers of label images mean, and the particles they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from diffrendergan.labels.regions import connected, crumbs, numbered

Kind = Literal["instances", "particles", "classes"]
PARTICLE_CLASS = 1


@dataclass(frozen=True)
class Meaning:
    """What the numbers of all label images of a folder mean.

    `instances`: a number per particle. `particles`: what is not ground is particle, and 4-connected regions are the
    particles. `classes`: one number is particle, another the contour that parts touching ones, as the paper's networks
    predict; 4-connected regions of the first are the particles.
    """

    kind: Kind
    ground: int = 0
    """The number of the ground, beside 0."""
    void: int | None = None
    """A number that only outlines the others, and is ground."""
    particle: int = PARTICLE_CLASS
    """Of `classes`."""
    materials: bool = False
    """Of `particles`: regions of different numbers are different particles where they touch."""

    def instances(self, numbers: NDArray[np.integer]) -> NDArray[np.int32]:
        """Turn stored numbers into a label image.

        Parameters
        ----------
        numbers : ndarray of int, shape (H, W)
            At least 0.

        Returns
        -------
        int32 (H, W)
            0 background, 1..k particles.
        """
        if self.kind == "classes":
            return connected(numbers == self.particle)
        ground = (numbers == 0) | (numbers == self.ground)
        if self.void is not None:
            ground |= numbers == self.void
        if self.kind == "particles" and not self.materials:
            return connected(~ground)
        kept = np.where(ground, 0, numbers)
        left = numbered(np.where(crumbs(kept), 0, kept) if self.kind == "instances" else kept)
        return np.asarray(label(left, connectivity=1), np.int32) if self.materials else left

    def stored(self, numbers: NDArray[np.integer], labels: NDArray[np.int32]) -> NDArray[np.int64] | None:
        """Return the stored number of each particle that `instances` made of `numbers`, (k + 1,), if they have one."""
        if self.kind != "instances" or self.materials:
            return None
        return np.concatenate([[0], np.unique(numbers[labels > 0])]).astype(np.int64)

    def remain(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return those of some numbers that are no ground."""
        return tuple(number for number in numbers if number not in (0, self.ground, self.void))
