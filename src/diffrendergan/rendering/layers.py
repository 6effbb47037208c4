"""A render taken apart: particles, the stage behind them, and the stage as it would be without them."""

from __future__ import annotations

from dataclasses import dataclass

import torch

_LEAST_LIGHT = 1e-4
"""An empty stage darker than this counts as it: what a ratio to nothing would be nobody can say."""


@dataclass(frozen=True)
class Layers:
    """What a picture of another ground under the same particles is made from (differential rendering).

    Attributes
    ----------
    particles : torch.Tensor
        Radiance of the particles, by the share of each pixel that they fill, shape (B, H, W).
    stage : torch.Tensor
        Radiance of the stage where it is seen, with the particles' shadows, shape (B, H, W).
    empty : torch.Tensor
        Radiance of the stage if no particle were there, shape (B, H, W).

    Notes
    -----
    Source: P. Debevec, Rendering synthetic objects into real scenes (1998).
    """

    particles: torch.Tensor
    stage: torch.Tensor
    empty: torch.Tensor

    @property
    def through(self) -> torch.Tensor:
        """Share of the ground's light that is seen: 1 in the open, less in shadow, 0 behind particles."""
        return self.stage / self.empty.clamp_min(_LEAST_LIGHT)
