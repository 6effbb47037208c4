"""Patches of virtual scans: blobs on a ground, with a point spread and noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.realism.sides import Patch, Side

SIZE = 64


class Blocks:
    """In place of a network: means of blocks, which see no noise and no blur."""

    name = "blocks"

    def features(self, images: NDArray[np.float32], reporter: object = None) -> NDArray[np.float64]:
        edge = images.shape[1] // 8
        return images.reshape(len(images), 8, edge, 8, edge).mean(axis=(2, 4)).reshape(len(images), -1).astype(float)


def patch(seed: int, noise: float = 0.03, blur: float = 0.0, size: int = SIZE) -> NDArray[np.float32]:
    """Return a patch (size, size) of 8-bit grey values; blur acts on the noise too, as on a finished scan."""
    rng = np.random.default_rng(seed)
    blobs = ndimage.gaussian_filter(rng.normal(size=(size, size)), 4)
    pixels = 0.4 + 0.2 * np.tanh(30 * blobs) + rng.normal(0, noise, (size, size))
    if blur:
        # Of exactly this variance, which a sampled Gaussian so narrow has not.
        kernel = [blur**2 / 2, 1 - blur**2, blur**2 / 2]
        pixels = ndimage.convolve1d(ndimage.convolve1d(pixels, kernel, axis=0), kernel, axis=1)
    return (np.round(255 * np.clip(pixels, 0, 1)) / 255).astype(np.float32)


def side(first: int, scans: int = 12, each: int = 3, name: str = "scan", **changes: float) -> Side:
    """Return patches of several scans."""
    numbers = [(scan, number) for scan in range(scans) for number in range(each)]
    return Side(
        tuple(
            Patch(
                patch(first + each * scan + number, **changes),
                f"{name} {scan}",
                f"{name} {scan} {number}",
                64.0 * number,
            )
            for scan, number in numbers
        )
    )


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def make_side() -> Callable[..., Side]:
    return side
