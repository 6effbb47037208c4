"""The film: cells that camera rays pass, and the reconstruction filter that makes pixels of them.

A ray counts for all pixels whose filter reaches it, which makes of n rays in a pixel as many as 4πσ²n rays that were
drawn from the filter for this pixel alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

FILTER_RADIUS_SIGMAS = 4.0
"""Mitsuba's Gaussian filter ends at four standard deviations."""

_LEAST_CELLS, _MOST_CELLS = 2, 4
"""Cells along the edge of a pixel: no wider than the filter's standard deviation, as far as that goes."""


@dataclass(frozen=True)
class Film:
    """Square cells, on which rays are spread evenly, over an image and what its filter reaches beyond it.

    Attributes
    ----------
    size : int
        Edge of the image [px].
    sigma : float
        Standard deviation of the filter [px].
    cells : int
        Cells along the edge of a pixel.
    border : int
        Pixels beyond each side of the image.
    """

    size: int
    sigma: float
    cells: int
    border: int

    @classmethod
    def of(cls, size: int, sigma: float) -> Film:
        """Return the film of an image."""
        cells = min(_MOST_CELLS, max(_LEAST_CELLS, math.ceil(1 / sigma)))
        return cls(size, sigma, cells, math.ceil(FILTER_RADIUS_SIGMAS * sigma))

    @property
    def edge(self) -> int:
        """Cells along the edge of the film."""
        return (self.size + 2 * self.border) * self.cells

    @property
    def taps(self) -> NDArray[np.float64]:
        """Weights of the cells along an axis, about the middle of a pixel; they sum to 1."""
        reach = (self.border + 0.5) * self.cells
        ends = (np.arange(2 * self.border * self.cells + self.cells + 1) - reach) / self.cells
        # What a cell's evenly spread rays and its one weight add to the filter's variance is taken off beforehand.
        sigma = math.sqrt(max(self.sigma**2 - 1 / (6 * self.cells**2), (self.sigma / 4) ** 2))
        below = np.array([math.erf(end / (sigma * math.sqrt(2))) for end in ends])
        return np.diff(below) / (below[-1] - below[0])

    def filtered(self, values: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Return images (R, size, size) of values (R, N) in cells of the numbers (N,), and 0 in all others."""
        taps = torch.tensor(self.taps, dtype=torch.float32, device=values.device)
        canvas = torch.zeros(self.edge**2, device=values.device)
        images = torch.empty(len(values), self.size, self.size, device=values.device)
        for image, shown in zip(images, values, strict=True):
            canvas[cells] = shown
            rows = torch.nn.functional.conv2d(
                canvas.view(1, 1, self.edge, self.edge), taps.view(1, 1, -1, 1), stride=(self.cells, 1)
            )
            image.copy_(torch.nn.functional.conv2d(rows, taps.view(1, 1, 1, -1), stride=(1, self.cells))[0, 0])
        return images


def widen_filter(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Convolve images (R, E, E) with a Gaussian [px]; beyond the edge there is nothing."""
    radius = math.ceil(FILTER_RADIUS_SIGMAS * sigma)
    offsets = torch.arange(-radius, radius + 1, device=images.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    blurred = torch.nn.functional.conv2d(images[:, None], kernel.view(1, 1, 1, -1), padding=(0, radius))
    return torch.nn.functional.conv2d(blurred, kernel.view(1, 1, -1, 1), padding=(radius, 0))[:, 0]
