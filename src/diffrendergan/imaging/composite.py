"""Particles over a ground that is a picture: it has its own blur and noise, and gets no second helping.

An image is ``over + through · ground``: light of the particles, and how much of the ground is seen (1 in the open, less
in shadow, 0 behind a particle). Operators change `over` and `through`, the picture stays as it was recorded:

- what spreads light is applied to both, which is exact for a blur: a particle's soft edge lets through what its blurred
  outline leaves;
- what the detector does counts by 1 − `through`;
- noise counts by √(1 − `through`²): the picture's own noise remains by `through`, and variances add up;
- what acts on the whole image, such as charging, adds its change to `over`;
- the ground's noise goes on over particles and in shadows as strong as an operator says, beside what is left of
  it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from diffrendergan.imaging.operator import OverGround

Work = Callable[[torch.Tensor], torch.Tensor]
"""From images (B, H, W) to images."""

_LEAST = 1e-6
"""Variances below this count as it: the derivative of a root has no bound at 0."""


@dataclass(frozen=True)
class Composite:
    """An image on its way through the chain.

    Attributes
    ----------
    over, through, ground : torch.Tensor
        Shape (B, H, W) each.
    noise : torch.Tensor, optional
        Noise like that of the ground, shape (B, H, W), if a link asks for it.
    """

    over: torch.Tensor
    through: torch.Tensor
    ground: torch.Tensor
    noise: torch.Tensor | None = None

    @property
    def image(self) -> torch.Tensor:
        """The image (B, H, W)."""
        return self.over + self.through * self.ground

    def spread(self, work: Work) -> Composite:
        """Return the image after something moves light about, alike for particles and shadows."""
        return replace(self, over=work(self.over), through=work(self.through))

    def acted(self, work: Work, kind: OverGround, rng: torch.Generator | None) -> Composite:
        """Return the image after what an operator of a kind does to images, with `rng` as its source of randomness."""
        if kind == "particles":
            return replace(self, over=work(self.over))
        if kind == "spreads":
            before = None if rng is None else rng.get_state()
            over = work(self.over)
            if rng is not None and before is not None:
                rng.set_state(before)  # what moves light at random moves both alike
            return replace(self, over=over, through=work(self.through))
        image = self.image
        if kind == "recorded":
            level = self.ground.mean((1, 2), keepdim=True).clamp_min(_LEAST)
            # Of an even ground: what it shows itself has its noise already.
            return self._carried(work(self.over / level + self.through))
        change = work(image) - image
        if kind == "detector":
            change = change * (1 - self.through)
        elif kind == "noise":
            change = change * (1 - self.through.clamp(0, 1) ** 2).clamp_min(_LEAST).sqrt()
        return replace(self, over=self.over + change)

    def _carried(self, factor: torch.Tensor) -> Composite:
        """Return the image with the ground's noise, as much stronger as a factor (B, H, W) says."""
        if self.noise is None:
            raise ValueError("noise of the ground is to be carried on, but there is none")
        # What is seen of the ground has its own noise, of another draw: variances add up.
        lacking = (factor**2 - self.through.clamp(0, 1) ** 2).clamp_min(_LEAST).sqrt()
        return replace(self, over=self.over + lacking * self.noise)
