"""Some of many, evenly spaced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def evenly_spaced(count: int, most: int) -> NDArray[np.int64]:
    """Return at most `most` of the numbers from 0 to `count` − 1, evenly spaced, with both ends if two or more."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(np.int64))
