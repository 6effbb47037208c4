"""Scans at another magnification (`data.scale`), and label images brought from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.types import Micrograph

Values = TypeVar("Values", bound=np.generic)


def resampled(scan: Micrograph, scale: float) -> Micrograph:
    """Return a scan of `scale` times as many pixels along each edge, whose pixel size is smaller by as much.

    With a scale of 1 it is the same scan. `data_bar_rows` stay those of its file.
    """
    if scale == 1:
        return scan
    shape = scaled_shape(scan.pixels.shape, scale)
    return replace(
        scan,
        pixels=resized(scan.pixels, shape),
        pixel_size_nm=None if scan.pixel_size_nm is None else scan.pixel_size_nm / scale,
        field=None if scan.field is None else nearest(scan.field, shape),
        heights_nm=None if scan.heights_nm is None else resized(scan.heights_nm, shape),
    )


def scaled_shape(shape: Sequence[int], scale: float) -> tuple[int, int]:
    """Return the shape (H, W) of an image at a scale; no edge vanishes."""
    height, width = (max(1, round(length * scale)) for length in shape)
    return height, width


def scaled_area(area_px: int, scale: float) -> int:
    """Return how many pixels an area has at a scale [px]."""
    return round(area_px * scale**2)


def resized(pixels: NDArray[np.floating], shape: Sequence[int]) -> NDArray[np.float32]:
    """Return an image in another shape (h, w): linear between pixels; where it is smaller, mean of what it shows."""
    import torch  # not for those who only read scans

    values = torch.from_numpy(np.ascontiguousarray(pixels, np.float32))[None, None]
    smaller = shape[0] < pixels.shape[0]
    return torch.nn.functional.interpolate(
        values, size=tuple(shape), mode="bilinear", antialias=smaller, align_corners=False
    )[0, 0].numpy()


def nearest(image: NDArray[Values], shape: Sequence[int]) -> NDArray[Values]:
    """Return a label image or mask in another shape (h, w), each pixel that of the nearest: no new number appears."""
    picked = [
        np.minimum(((np.arange(length) + 0.5) * held / length).astype(int), held - 1)
        for length, held in zip(shape, image.shape, strict=True)
    ]
    return np.ascontiguousarray(image[np.ix_(*picked)])
