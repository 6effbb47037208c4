"""What every segmentation network offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Prediction(NamedTuple):
    """What a network says of each pixel of a micrograph."""

    classes: NDArray[np.floating]
    """(3, H, W): probabilities of background, particle and contour; they sum to 1 in each pixel."""
    distance: NDArray[np.floating] | None = None
    """(H, W), in [0, 1]: the distance from the boundary of a pixel's particle, in units of `targets.DISTANCE_PX` and
    cut off there; 0 in the background. None from a network without that head."""
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """How much more each class counted in training than its share of the pixels, by which the network overstates it."""
    stars: NDArray[np.floating] | None = None
    """(1 + RAYS, h, w), for each block of `stars.STRIDE` px, h = ⌈H / STRIDE⌉: the object probability, and the way
    from the middle of the block to the whole outline of the particle that is seen there [px]. None from a network
    without that head."""


class Segmenter(Protocol):
    """Segments a micrograph of any size."""

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return classes, and distances if the network has them.

        Parameters
        ----------
        pixels : float32 (H, W)
            Intensities in [0, 1], scaled as the training patches were.
        """
        ...


@runtime_checkable
class Averaging(Protocol):
    """A segmenter that looks at mirror images, too, and gives the mean."""

    def once(self) -> Segmenter:
        """Return the same that looks at an image as it is, and at nothing else."""
        ...
