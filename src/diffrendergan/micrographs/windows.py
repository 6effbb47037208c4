"""Square windows on a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def window_corners(height: int, width: int, size: int, stride: int) -> NDArray[np.int64]:
    """Return the corners (x, y) of all windows of a grid that reaches both far borders, shape (k, 2) [px]."""
    xs = sorted({*range(0, width - size + 1, stride), width - size})
    ys = sorted({*range(0, height - size + 1, stride), height - size})
    return np.array([(x, y) for y in ys for x in xs], dtype=np.int64).reshape(-1, 2)
