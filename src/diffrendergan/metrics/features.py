"""From images to feature vectors that can be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.runs.reporter import Reporter, SilentReporter

FeatureFunction = Callable[[torch.Tensor], torch.Tensor]


class FeatureExtractor(Protocol):
    """Turns images into feature vectors of fixed length."""

    @property
    def name(self) -> str:
        """A word for records and plots; feature sets of different names cannot be compared."""
        ...

    def features(self, images: NDArray[np.float32], reporter: Reporter | None = None) -> NDArray[np.float64]:
        """Return one feature vector per image.

        Parameters
        ----------
        images : ndarray
            Grey images in [0, 1], shape (N, H, W).
        reporter : Reporter, optional
            Shows progress.

        Returns
        -------
        ndarray
            Shape (N, D), float64.
        """
        ...


def in_batches(
    images: NDArray[np.float32], batch_size: int, function: FeatureFunction, reporter: Reporter | None = None
) -> NDArray[np.float64]:
    """Apply `function` to batches (B, 1, H, W) of the images and join the rows it returns.

    Raises
    ------
    DataError
        If there is no image, or one has NaN or infinite pixels.
    ValueError
        If the images are not of shape (N, H, W).
    """
    if images.ndim != 3:
        raise ValueError(f"images must have shape (N, H, W), got {images.shape}")
    if len(images) == 0:
        raise DataError("there is no image to compute features of; check the patches.")
    if not np.isfinite(images).all():
        raise DataError("an image has NaN or infinite pixels, so it has no features; check the images.")
    rows = []
    starts = range(0, len(images), batch_size)
    with torch.inference_mode():
        for start in (reporter or SilentReporter()).track(starts, "image features", total=len(starts)):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + batch_size], dtype=np.float32))
            rows.append(function(batch[:, None]).double().numpy())
    return np.concatenate(rows)


def resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Resize (B, C, H, W) to (B, C, size, size) as Pillow does: bicubic with antialiasing, in float.

    Parmar et al. 2022 (clean-fid) show how much a Fréchet distance depends on this step.
    """
    if images.shape[-2:] == (size, size):
        return images
    return torch.nn.functional.interpolate(images, (size, size), mode="bicubic", antialias=True)
