"""Line noise: offsets that a scan line keeps, or forgets slowly (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator


def line_noise(
    images: torch.Tensor, sigma: torch.Tensor, length_px: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Add noise whose correlation along a line falls as exp(−x/l), differentiably in its σ; lines are independent.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W); lines run along the last axis.
    sigma : torch.Tensor
        Standard deviation, shape (B,).
    length_px : torch.Tensor
        l, shape (B,) [px].
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    draws = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    keep = torch.exp(-1 / length_px)[:, None, None]
    # A walk that forgets: the first pixel has the walk's own variance, each further one adds what was forgotten.
    steps = torch.cat([draws[..., :1], draws[..., 1:] * (1 - keep**2).sqrt()], dim=-1)
    return images + sigma[:, None, None] * _walked(steps, keep)


def _walked(steps: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    """Return y with y[x] = keep·y[x − 1] + steps[x], in as many passes as the width has binary digits."""
    walked, reach = steps, 1
    while reach < steps.shape[-1]:
        before = torch.nn.functional.pad(walked, (reach, 0))[..., : steps.shape[-1]]
        walked, reach = walked + keep**reach * before, 2 * reach
    return walked


def _apply(given: Inputs) -> torch.Tensor:
    return line_noise(given.images, given.values["sigma"], given.values["length_px"], given.rng)


OPERATOR = Operator("line_noise", _apply, over_ground="noise")
