"""Noise of unit variance that is alike over a width, differentiably in that width."""

from __future__ import annotations

import math

import torch

_REACH = 3.0
"""It is alike no farther than so many widths."""


def smooth_noise(
    shape: tuple[int, ...], width: torch.Tensor, widest: float, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Draw noise for each image: white noise smoothed by a Gaussian along all axes, with a variance of 1.

    Parameters
    ----------
    shape : tuple of int
        Of the noise of one image: (L,) or (H, W).
    width : torch.Tensor
        Standard deviation of the Gaussian [px], shape (B,).
    widest : float
        No width is larger [px].
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.

    Returns
    -------
    torch.Tensor
        Shape (B, L) or (B, H, W).
    """
    reach = math.ceil(_REACH * widest) + 1
    sides = [length + 2 * reach for length in shape]
    noise = torch.randn((len(width), *sides), generator=generator, dtype=width.dtype, device=width.device)
    steps = torch.arange(-reach, reach + 1, dtype=width.dtype, device=width.device)
    kernel = torch.exp(-0.5 * (steps / width[:, None]) ** 2)
    kernel = kernel / kernel.square().sum(1, keepdim=True).sqrt()
    for axis in range(len(shape)):
        # One image a group, so that each has a kernel of its own; all lines along an axis at once.
        lines = noise.movedim(axis + 1, -1)
        flat = lines.reshape(len(width), -1, lines.shape[-1]).transpose(0, 1)
        smoothed = torch.nn.functional.conv1d(flat, kernel[:, None], groups=len(width)).transpose(0, 1)
        noise = smoothed.reshape(*lines.shape[:-1], -1).movedim(-1, axis + 1)
    return noise
