"""Numbers of which each particle of an image has its own."""

from __future__ import annotations

from collections.abc import Callable

import torch

Draw = Callable[..., torch.Tensor]
"""`torch.randn` or `torch.rand`."""


def drawn_for_each(
    labels: torch.Tensor, draw: Draw, like: torch.Tensor, generator: torch.Generator | None, ground: float = 0.0
) -> torch.Tensor:
    """Draw a number for each particle of each image and return it where the particle is seen, (B, H, W).

    Parameters
    ----------
    labels : torch.Tensor
        Integers, shape (B, H, W): 0 is ground.
    draw : callable
        `torch.randn` or `torch.rand`.
    like : torch.Tensor
        Gives dtype and device.
    generator : torch.Generator, optional
        Source of the numbers; None gives the torch default.
    ground : float
        The ground's number.
    """
    count = int(labels.max()) + 1
    draws = draw((len(labels), count), generator=generator, dtype=like.dtype, device=like.device)
    draws[:, 0] = ground
    return draws.gather(1, labels.flatten(1).long()).view(labels.shape)
