"""What the discriminator sees of patches: the image with its high-pass bands, and its power spectrum."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from diffrendergan.gan.rules import RULES

_KERNEL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""Binomial filter of the à trous pyramid (Burt and Adelson 1983)."""
_FLOOR = 1e-5
"""Powers below this are rounding: half a grey level of 256, squared."""
_LEAST_SPREAD = 1e-3
"""What varies less than this in the real patches is not made larger than so: a quarter of a grey level of 256."""


class Seen(NamedTuple):
    """Views of B patches, each in units of its spread over the real ones."""

    image: torch.Tensor
    """The image and its bands, shape (B, 1 + bands, H, W)."""
    spectrum: torch.Tensor
    """The logarithm of the power and the two frequencies in [-1, 1], shape (B, 3, h, w)."""


class Views(nn.Module):
    """Turns patches into views, differentiably.

    Parameters
    ----------
    real : torch.Tensor
        The real patches, shape (r, S, S), whose means and spreads are the units.
    """

    middle: torch.Tensor
    spread: torch.Tensor
    power_middle: torch.Tensor
    power_spread: torch.Tensor

    def __init__(self, real: torch.Tensor) -> None:
        super().__init__()
        with torch.no_grad():
            # One by one: all bands of all patches together would take a gigabyte.
            sums = torch.stack([_moments(with_bands(patch[None])) for patch in real]).mean(0)
            powers = torch.cat([log_power(patch[None]) for patch in real])
        spread = (sums[1] - sums[0].square()).clamp_min(0).sqrt().clamp_min(_LEAST_SPREAD)
        # From the real patches, which a checkpoint's fingerprint holds to be the same: not stored.
        self.register_buffer("middle", sums[0][:, None, None], persistent=False)
        self.register_buffer("spread", spread[:, None, None], persistent=False)
        self.register_buffer("power_middle", powers.mean(0), persistent=False)
        self.register_buffer("power_spread", powers.std().clamp_min(_LEAST_SPREAD), persistent=False)

    def forward(self, images: torch.Tensor) -> Seen:
        """Return the views of patches (B, S, S) in [0, 1]."""
        image = (with_bands(images) - self.middle) / self.spread
        power = (log_power(images) - self.power_middle) / self.power_spread
        down, right = (torch.linspace(-1, 1, length).to(power) for length in power.shape[1:])
        frequencies = [down[:, None].expand_as(power), right[None, :].expand_as(power)]
        return Seen(image, torch.stack([power, *frequencies], dim=1))


def with_bands(images: torch.Tensor) -> torch.Tensor:
    """Return patches (B, S, S) with the details of 1, 2, 4, … px as channels, shape (B, 1 + bands, S, S)."""
    level = images[:, None]
    channels = [level]
    for band in range(RULES.bands):
        coarse = _smoothed(level, 2**band)
        channels.append(level - coarse)
        level = coarse
    return torch.cat(channels, dim=1)


def log_power(images: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of the power spectra of patches (B, S, S), neighbouring frequencies averaged.

    Shape (B, S / pool, S / 2 / pool): frequencies down columns from the lowest negative to the highest, along rows from
    zero on.
    """
    size = images.shape[-1]
    window = torch.hann_window(size, dtype=images.dtype, device=images.device)
    window = window / window.square().mean().sqrt()
    flat = images - images.mean((1, 2), keepdim=True)
    power = torch.fft.rfft2(flat * window[:, None] * window).abs().square() / size**2
    power = torch.fft.fftshift(power, dim=1)[..., : size // 2]
    return torch.log(nn.functional.avg_pool2d(power[:, None], RULES.spectrum_pool)[:, 0] + _FLOOR)


def _smoothed(level: torch.Tensor, dilation: int) -> torch.Tensor:
    """Return images (B, 1, S, S) after the binomial filter with holes, mirrored at the edges."""
    kernel = torch.tensor(_KERNEL, dtype=level.dtype, device=level.device)
    pad = 2 * dilation
    level = nn.functional.pad(level, (pad, pad, pad, pad), mode="reflect")
    level = nn.functional.conv2d(level, kernel[None, None, None, :], dilation=dilation)
    return nn.functional.conv2d(level, kernel[None, None, :, None], dilation=dilation)


def _moments(channels: torch.Tensor) -> torch.Tensor:
    """Return mean and mean square of each channel, shape (2, C)."""
    return torch.stack([channels.mean((0, 2, 3)), channels.square().mean((0, 2, 3))])
