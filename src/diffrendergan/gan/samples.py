"""Synthetic images of every arrangement, and a picture of some."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.gan.generator import Generator

BATCH_SIZE = 8
_GAP_PX = 4
_MIDDLE_GAP_PX = 24


def draw_all(
    generator: Generator, phis: torch.Tensor, noise_rng: torch.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw each arrangement once, without dropout.

    Parameters
    ----------
    generator : Generator
        G.
    phis : torch.Tensor
        Shape (m, n, 4).
    noise_rng : torch.Generator
        Source of the noise.

    Returns
    -------
    images : ndarray
        Shape (m, H, W), in [0, 1].
    theta : ndarray
        Shape (m, P).
    """
    images, thetas = [], []
    # Not inference mode: a renderer may cache tensors here that later training differentiates through.
    with torch.no_grad():
        for start in range(0, len(phis), BATCH_SIZE):
            phi = phis[start : start + BATCH_SIZE]
            theta = generator.theta(phi)
            images.append(generator.images(range(start, start + len(phi)), theta, noise_rng).cpu().numpy())
            thetas.append(theta.cpu().numpy())
    return np.concatenate(images), np.concatenate(thetas)


def sample_grid(real: NDArray[np.float32], synthetic: NDArray[np.float32], count: int) -> NDArray[np.uint8]:
    """Return reals on the left, as many synthetic images on the right, 8 bit.

    Parameters
    ----------
    real, synthetic : ndarray
        Images in [0, 1], shapes (R, S, S) and (m, S, S).
    count : int
        Images on each side, fewer if there are fewer; evenly spread over the sets.
    """
    count = min(count, len(real), len(synthetic))
    left, right = (_tiles(_spread(images, count)) for images in (real, synthetic))
    middle = np.full((left.shape[0], _MIDDLE_GAP_PX), 255, np.uint8)
    return np.hstack([left, middle, right])


def _spread(images: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    return images[np.arange(count) * len(images) // count]


def _tiles(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay images out in a square of rows and columns on white."""
    count, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    canvas = np.full((rows * (height + _GAP_PX) - _GAP_PX, columns * (width + _GAP_PX) - _GAP_PX), 255, np.uint8)
    for index, image in enumerate(np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)):
        top, left = (index // columns) * (height + _GAP_PX), (index % columns) * (width + _GAP_PX)
        canvas[top : top + height, left : left + width] = image
    return canvas
