"""One step of the adversarial training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from diffrendergan.errors import DataError
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.losses import AdversarialLoss
from diffrendergan.gan.state import TrainingState


class StepRecord(NamedTuple):
    """Losses, and mean logits of D on reals and fakes."""

    loss_generator: float
    loss_discriminator: float
    judged_real: float
    judged_fake: float


GUESSING = StepRecord(math.log(2), math.log(2), 0.0, 0.0)
"""Of a discriminator that has learned nothing: its logits are 0 (the log loss)."""


def train_step(
    state: TrainingState,
    generator: Generator,
    loss: AdversarialLoss,
    indices: Sequence[int],
    phi: torch.Tensor,
    real: torch.Tensor,
) -> torch.Tensor:
    """Update G, then D, as the CycleGAN code does.

    D does not change between the two updates, so its judgement of the fakes is computed once and serves
    both: first back to the pixels for G (no gradient of D's weights), then to D's weights. This saves one
    of three passes through D.

    Parameters
    ----------
    state : TrainingState
        Its networks, optimisers and generators of randomness advance by one step.
    generator : Generator
        Holds `state.network`.
    loss : AdversarialLoss
        What the two minimise.
    indices : sequence of int
        The B constellations to draw.
    phi : torch.Tensor
        Their Φ, shape (B, n, 4).
    real : torch.Tensor
        Real patches, shape (B, S, S).

    Returns
    -------
    torch.Tensor
        The values of a `StepRecord`, shape (4,), on the device of the networks: reading them here would make the host
        wait for a GPU.

    Raises
    ------
    DataError
        If real patches and renderings differ in size.
    """
    theta = generator.theta(phi, state.dropout)
    fake = generator.images(indices, theta, state.noise)
    if fake.shape[1:] != real.shape[1:]:
        raise DataError(
            f"real patches are {_size(real)} px but the renderer draws {_size(fake)} px; "
            "prepare the patches with the data.patch_size that the scene is drawn with."
        )
    pixels = fake.detach().requires_grad_()
    judged_fake = state.discriminator(pixels[:, None])

    loss_generator = loss.generator(judged_fake)
    (to_pixels,) = torch.autograd.grad(loss_generator, pixels, retain_graph=True)
    state.adam_generator.zero_grad()
    fake.backward(to_pixels)
    state.adam_generator.step()

    judged_real = state.discriminator(real[:, None])
    loss_discriminator = loss.discriminator(judged_real, judged_fake)
    state.adam_discriminator.zero_grad()
    loss_discriminator.backward(inputs=list(state.discriminator.parameters()))
    state.adam_discriminator.step()

    state.step += 1
    values = (loss_generator, loss_discriminator, judged_real.mean(), judged_fake.mean())
    return torch.stack([value.detach() for value in values])


def _size(images: torch.Tensor) -> str:
    return f"{images.shape[-1]}×{images.shape[-2]}"
