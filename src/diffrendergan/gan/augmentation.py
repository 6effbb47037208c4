"""Symmetries of real patches: a micrograph has no up or left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def augment(patches: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return each patch in one of its eight orientations, drawn uniformly.

    Parameters
    ----------
    patches : ndarray
        Square patches, shape (B, S, S).
    rng : numpy.random.Generator
        Draws a flip, a number of quarter turns and a transposition per patch.

    Returns
    -------
    ndarray
        Shape (B, S, S), contiguous.
    """
    augmented = np.empty_like(patches)
    for target, patch in zip(augmented, patches, strict=True):
        flip, turns, transpose = rng.integers((2, 4, 2))
        turned = np.rot90(patch[:, ::-1] if flip else patch, turns)
        target[...] = turned.T if transpose else turned
    return augmented
