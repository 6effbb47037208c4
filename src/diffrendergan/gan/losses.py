"""What G and D minimise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch.nn.functional import softplus


@dataclass(frozen=True)
class AdversarialLoss:
    """A pair of losses on the discriminator's logits.

    Attributes
    ----------
    generator : callable
        From the logits of fakes to the loss of G.
    discriminator : callable
        From the logits of reals and of fakes to the loss of D, the mean of the two halves.
    """

    generator: Callable[[torch.Tensor], torch.Tensor]
    discriminator: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _lsgan_generator(fake: torch.Tensor) -> torch.Tensor:
    return (fake - 1).square().mean()


def _lsgan_discriminator(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return 0.5 * ((real - 1).square().mean() + fake.square().mean())


def _log_generator(fake: torch.Tensor) -> torch.Tensor:
    return softplus(-fake).mean()


def _log_discriminator(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    return 0.5 * (softplus(-real).mean() + softplus(fake).mean())


LSGAN = AdversarialLoss(_lsgan_generator, _lsgan_discriminator)
"""Least squares: D is drawn to 1 on reals and 0 on fakes, G to D = 1 (Mao et al. 2017; the authors' code)."""

LOG = AdversarialLoss(_log_generator, _log_discriminator)
"""The log loss of Possart et al. 2025, eq. 7, on p = sigmoid(logit).

D maximises log p(real) + log(1 − p(fake)). G maximises log p(fake) in place of minimising
log(1 − p(fake)): the same optimum, without the gradient that vanishes while D is sure
(Goodfellow et al. 2014, §3; also what the CycleGAN code does).
"""

LOSSES: Mapping[str, AdversarialLoss] = {"lsgan": LSGAN, "log": LOG}
"""By the names of `training.loss`."""
