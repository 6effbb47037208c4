"""What every segmentation network offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class Prediction(NamedTuple):
    """What a network says of each pixel of a micrograph."""

    classes: NDArray[np.floating]
    """(3, H, W): probabilities of background, particle and contour; they sum to 1 in each pixel."""
    depth: NDArray[np.floating] | None = None
    """(H, W), in [0, 1]: how deep inside its particle a pixel lies, from 0 at the boundary to 1 at the particle's
    deepest place; None from a network without that head."""


class Segmenter(Protocol):
    """Segments a micrograph of any size."""

    def predict(self, pixels: NDArray[np.float32]) -> Prediction:
        """Return classes, and depths if the network has them.

        Parameters
        ----------
        pixels : float32 (H, W)
            Intensities in [0, 1], scaled as the training patches were.
        """
        ...
