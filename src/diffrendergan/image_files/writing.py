"""The one writer of PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.runs.atomic import atomic_path

QUICK = 3
"""Compression of files that are many or large: half the time, little larger."""


def write_png(path: Path, pixels: NDArray[Any], compression: int | None = None) -> None:
    """Write a PNG atomically.

    Parameters
    ----------
    path : Path
    pixels : ndarray of uint8 or uint16, shape (H, W); or of uint8, shape (H, W, 3)
        Grey values, or colours.
    compression : int, optional
        From 0 to 9; by default that of zlib.

    Raises
    ------
    TypeError
        If the pixels are of another type.
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"a PNG holds uint8 or uint16, not {pixels.dtype}")
    options = {} if compression is None else {"compress_level": compression}
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG", **options)
