"""Gaussian blur by way of the spectrum, where a kernel would be wide or turned."""

from __future__ import annotations

import math

import torch

_PAD_SIGMAS = 4.0


def padded(images: torch.Tensor, largest: float) -> tuple[torch.Tensor, int]:
    """Return images (B, H, W) with their edges continued, far enough for a blur of `largest` px, and how far."""
    margin = max(1, math.ceil(_PAD_SIGMAS * largest))
    return torch.nn.functional.pad(images[None], (margin,) * 4, mode="replicate")[0], margin


def gaussian_transfer(
    images: torch.Tensor,
    right: torch.Tensor | float,
    down: torch.Tensor | float,
    both: torch.Tensor | float = 0.0,
) -> torch.Tensor:
    """Return what a Gaussian multiplies the real spectrum of images (B, h, w) with.

    The Gaussian for pixels, exp(−σ²(1 − cos ω)) along each axis: its variances are exactly those asked for, however
    small, and narrow ones do not ring as exp(−σ²ω²/2) does where it is cut off at the highest frequency.

    Parameters
    ----------
    images : torch.Tensor
        Give the size, shape (B, h, w).
    right, down, both : torch.Tensor or float
        Variance to the right and down, and covariance [px²], shape (B, 1, 1) or a number.

    Source: T. Lindeberg, Scale-space for discrete signals (1990).
    """
    height, width = images.shape[-2:]
    y = 2 * math.pi * torch.fft.fftfreq(height, dtype=images.dtype, device=images.device)[:, None]
    x = 2 * math.pi * torch.fft.rfftfreq(width, dtype=images.dtype, device=images.device)[None, :]
    return torch.exp(-(right * (1 - x.cos()) + down * (1 - y.cos()) + both * (x.sin() * y.sin())))


def filtered(spectrum: torch.Tensor, transfer: torch.Tensor, shape: torch.Size, margin: int) -> torch.Tensor:
    """Return the images of a padded spectrum (B, h, w) times a transfer function, without their margin."""
    images = torch.fft.irfft2(spectrum * transfer, s=shape[-2:])
    return images[..., margin:-margin, margin:-margin]
