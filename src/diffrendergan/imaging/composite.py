"""Particles over a ground that is a picture: it has its own blur and noise, and gets no second helping.

An image is ``over + through · ground``: light of the particles, and how much of the ground is seen (1 in the open, less
in shadow, 0 behind a particle). Operators change `over` and `through`, the picture stays as it was recorded:

- what spreads light is applied to both, which is exact for a blur: a particle's soft edge lets through what its blurred
  outline leaves;
- what the detector does counts by 1 − `through`;
- noise counts by √(1 − `through`²): the picture's own noise remains by `through`, and variances add up;
- what acts on the whole image, such as charging, adds its change to `over`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from diffrendergan.imaging.chain import Link
from diffrendergan.rendering.protocol import BufferName

_LEAST = 1e-6
"""Variances below this count as it: the derivative of a root has no bound at 0."""


@dataclass(frozen=True)
class Composite:
    """An image on its way through the chain.

    Attributes
    ----------
    over, through, ground : torch.Tensor
        Shape (B, H, W) each.
    """

    over: torch.Tensor
    through: torch.Tensor
    ground: torch.Tensor

    @property
    def image(self) -> torch.Tensor:
        """The image (B, H, W)."""
        return self.over + self.through * self.ground

    def passed(
        self,
        link: Link,
        learned: Sequence[torch.Tensor],
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> Composite:
        """Return the image behind one link; parameters are those of `Link.apply`."""
        kind = link.operator.over_ground
        if kind == "particles":
            return replace(self, over=link.apply(self.over, learned, buffers, rng))
        if kind == "spreads":
            before = None if rng is None else rng.get_state()
            over = link.apply(self.over, learned, buffers, rng)
            if rng is not None and before is not None:
                rng.set_state(before)  # what moves light at random moves both alike
            return replace(self, over=over, through=link.apply(self.through, learned, buffers, rng))
        image = self.image
        change = link.apply(image, learned, buffers, rng) - image
        if kind == "detector":
            change = change * (1 - self.through)
        elif kind == "noise":
            change = change * (1 - self.through.clamp(0, 1) ** 2).clamp_min(_LEAST).sqrt()
        return replace(self, over=self.over + change)
