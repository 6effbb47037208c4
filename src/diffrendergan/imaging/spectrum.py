"""Point spreads by way of the spectrum: however many follow each other, one transform there and one back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

MARGIN_SIGMAS = 4.0
"""Images are continued beyond their edges for this many standard deviations of the spread: 6·10⁻⁵ lies farther out."""


@dataclass(frozen=True)
class Frequencies:
    """The angular frequencies of the real spectrum of images (B, h, w) [1/px].

    Attributes
    ----------
    right : torch.Tensor
        Shape (1, w/2 + 1).
    down : torch.Tensor
        Shape (h, 1).
    """

    right: torch.Tensor
    down: torch.Tensor

    @classmethod
    def of(cls, images: torch.Tensor) -> Frequencies:
        """Return those of images (B, h, w)."""
        height, width = images.shape[-2:]
        right = torch.fft.rfftfreq(width, 1 / (2 * math.pi), dtype=images.dtype, device=images.device)
        down = torch.fft.fftfreq(height, 1 / (2 * math.pi), dtype=images.dtype, device=images.device)
        return cls(right[None, :], down[:, None])


def gaussian_transfer(
    frequencies: Frequencies,
    right: torch.Tensor | float,
    down: torch.Tensor | float,
    both: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return what a Gaussian multiplies a real spectrum with, real (B, h, w/2 + 1), or without B for numbers.

    The Gaussian for pixels, exp(−σ²(1 − cos ω)) along each axis: its variances are exactly those asked for, however
    small, and narrow ones do not ring as exp(−σ²ω²/2) does where it is cut off at the highest frequency.

    Parameters
    ----------
    frequencies : Frequencies
    right, down : torch.Tensor or float
        Variance to the right and down [px²], shape (B, 1, 1) or a number.
    both : torch.Tensor, optional
        Covariance [px²], shape (B, 1, 1); 0 by default.

    Source: T. Lindeberg, Scale-space for discrete signals (1990).
    """
    x, y = frequencies.right, frequencies.down
    transfer = torch.exp(-right * (1 - x.cos())) * torch.exp(-down * (1 - y.cos()))
    return transfer if both is None else transfer * torch.exp(-both * (x.sin() * y.sin()))


def padded(images: torch.Tensor, margin: int) -> torch.Tensor:
    """Return images (B, H, W) with their edges continued by at least `margin` px, to a size that transforms fast.

    The pixel (0, 0) lies at (margin, margin) of the result.
    """
    from scipy.fft import next_fast_len

    more = [next_fast_len(length + 2 * margin, real=True) - length - margin for length in images.shape[-2:]]
    return torch.nn.functional.pad(images[None], (margin, more[1], margin, more[0]), mode="replicate")[0]


def margin_of(reaches: Sequence[float]) -> int:
    """Return how far images are continued for point spreads of these standard deviations, one after the other [px]."""
    return max(1, math.ceil(MARGIN_SIGMAS * math.hypot(*reaches)))


def blurred(
    images: torch.Tensor, transfers: Sequence[Callable[[Frequencies], torch.Tensor]], margin: int
) -> torch.Tensor:
    """Return images (B, H, W) after point spreads, whose transfer functions are real (B, h, w/2 + 1)."""
    wide = padded(images, margin)
    frequencies = Frequencies.of(wide)
    product = transfers[0](frequencies)
    for transfer in transfers[1:]:
        product = product * transfer(frequencies)
    return back(torch.fft.rfft2(wide) * product, wide, margin, images.shape)


def back(spectrum: torch.Tensor, wide: torch.Tensor, margin: int, shape: torch.Size) -> torch.Tensor:
    """Return images of `shape` from the spectrum of `padded` ones."""
    images = torch.fft.irfft2(spectrum, s=wide.shape[-2:])
    return images[..., margin : margin + shape[-2], margin : margin + shape[-1]]
