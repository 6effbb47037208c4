"""Toy patches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.draw import disk as pixels_of_disk


@pytest.fixture(scope="session")
def disk() -> Callable[[int, float], NDArray[np.bool_]]:
    """Return what makes a mask with a disc in the middle, of a size and a radius [px]."""

    def make(size: int, radius: float) -> NDArray[np.bool_]:
        mask = np.zeros((size, size), bool)
        mask[pixels_of_disk((size / 2 - 0.5, size / 2 - 0.5), radius)] = True
        return mask

    return make
