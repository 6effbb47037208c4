"""What every segmentation network offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Segmenter(Protocol):
    """Gives class probabilities for a micrograph of any size."""

    def predict(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return class probabilities.

        Parameters
        ----------
        pixels : float32 (H, W)
            Intensities in [0, 1], scaled as the training patches were.

        Returns
        -------
        float32 (3, H, W)
            Background, particle and contour; they sum to 1 in each pixel.
        """
        ...
