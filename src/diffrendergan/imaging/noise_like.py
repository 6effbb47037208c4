"""Noise like that of a picture: of its spectrum, as its quiet places show it."""

from __future__ import annotations

import math

import torch

from diffrendergan.imaging.rules import NOISE

_TINY = 1e-20


def noise_like(pictures: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Draw noise with the power spectrum of the noise of pictures.

    The spectrum is that of the usual tile, so that rare things do not count. What is coarse in it is texture rather
    than noise, and counts no more than the finer noise does, but for what runs along the scan lines.

    Parameters
    ----------
    pictures : torch.Tensor
        Shape (B, H, W), at least 16 px wide and high.
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.

    Returns
    -------
    torch.Tensor
        Of mean 0, shape (B, H, W); differentiable in the pictures.
    """
    height, width = pictures.shape[1:]
    amplitude = _power(pictures).clamp_min(_TINY).sqrt()
    rows, columns = torch.fft.fftfreq(height).to(pictures), torch.fft.rfftfreq(width).to(pictures)
    wide = _interpolated(amplitude, rows, columns)
    white = torch.randn(pictures.shape, generator=generator, dtype=pictures.dtype, device=pictures.device)
    return torch.fft.irfft2(torch.fft.rfft2(white) * wide, s=(height, width))


def _power(pictures: torch.Tensor) -> torch.Tensor:
    """Return the power at each frequency of a tile, (B, t, t/2 + 1); that of white noise is its variance."""
    size = min(NOISE.tile_px, 2 ** int(math.log2(min(pictures.shape[1:]))))
    window = torch.hann_window(size, periodic=False).to(pictures)
    window = torch.outer(window, window)
    tiles = pictures.unfold(1, size, size // 2).unfold(2, size, size // 2).flatten(1, 2)
    apart = (tiles - tiles.mean((2, 3), keepdim=True)) * window
    # The power at a frequency is distributed exponentially, with a mean of the median over ln 2.
    power = torch.fft.rfft2(apart).abs().square().median(1).values / (math.log(2) * window.square().sum())
    down, right = torch.fft.fftfreq(size).to(pictures)[:, None].abs(), torch.fft.rfftfreq(size).to(pictures)[None, :]
    radius = torch.hypot(down, right)
    ring = (radius >= NOISE.coarsest) & (radius < NOISE.finer)
    level = power[:, ring].mean(1)[:, None, None]
    fine = torch.where(radius < NOISE.coarsest, torch.minimum(power, level), power)
    # Noise of lines stands out against what is nearly the same along them; texture does not.
    beside = power[:, :, 2:5].mean(2, keepdim=True)
    lines = (right < 1.5 / size) & (down >= NOISE.lines) & (radius < NOISE.coarsest)
    return torch.where(lines, fine + (power - NOISE.standing_out * beside).clamp_min(0), fine)


def _interpolated(values: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return values (B, t, t/2 + 1) on the frequencies of a tile at other ones, (B, h, w/2 + 1)."""
    size = values.shape[1]
    down, right = (rows % 1.0) * size, columns * size
    low, left = down.floor(), right.floor().clamp_max(values.shape[2] - 2)
    part, share = (down - low)[:, None], right - left
    low, left = low.long() % size, left.long()
    first, second = (
        values[:, row][:, :, left] * (1 - share) + values[:, row][:, :, left + 1] * share
        for row in (low, (low + 1) % size)
    )
    return first * (1 - part) + second * part
