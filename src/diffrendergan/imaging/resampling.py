"""Images taken from shifted places: along their lines, and their lines from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Shift:
    """From where the pixels of B images are taken: pixel (y, x) shows what was at (y + down, x + right).

    Attributes
    ----------
    right : torch.Tensor
        Shape (B, H, W), or (B, H, 1) where each line is shifted as a whole [px].
    down : torch.Tensor, optional
        Shape (B, H, 1) [px]: a line as a whole comes from elsewhere; None if it does not.
    """

    right: torch.Tensor
    down: torch.Tensor | None = None


def resampled(images: torch.Tensor, shift: Shift) -> torch.Tensor:
    """Return shifted images (B, H, W), differentiably in images and shift; beyond the edges they go on as there.

    Cubic convolution: its derivative in the shift has no jumps, and it blurs far less than linear interpolation.

    Source: R. Keys, Cubic convolution interpolation for digital image processing (1981).
    """
    if shift.down is not None:
        images = _along(images, shift.down, 1)
    return _along(images, shift.right, 2)


def moved(labels: NDArray[np.int32], shifts: Sequence[Shift]) -> NDArray[np.int32]:
    """Return a label image (H, W) shifted as the first image of a batch, in order: each pixel takes the nearest one."""
    rows, columns = np.ogrid[: labels.shape[0], : labels.shape[1]]
    for shift in shifts:
        down = np.float32(0) if shift.down is None else shift.down[0].cpu().numpy()
        y, x = np.rint(rows + down), np.rint(columns + shift.right[0].cpu().numpy())
        limits = labels.shape[0] - 1, labels.shape[1] - 1
        labels = labels[np.clip(y, 0, limits[0]).astype(int), np.clip(x, 0, limits[1]).astype(int)]
    return labels


def _along(images: torch.Tensor, offset: torch.Tensor, axis: int) -> torch.Tensor:
    """Take pixels from `offset` px further along an axis."""
    length = images.shape[axis]
    first = offset.detach().floor()
    t = offset - first
    # Weights of the pixels at −1, 0, 1 and 2 from the one before the place.
    weights = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    places = torch.arange(length, device=images.device).view((-1, 1) if axis == 1 else (1, -1)) + first.long()
    total = torch.zeros_like(images)
    for step, weight in enumerate(weights, start=-1):
        index = (places + step).clamp(0, length - 1).expand_as(images)
        total = total + weight * images.gather(axis, index)
    return total
