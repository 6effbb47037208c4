"""One step of the balanced training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import softplus
from torch.optim.swa_utils import get_ema_multi_avg_fn

from diffrendergan.gan.balanced.discriminator import BalancedDiscriminator
from diffrendergan.gan.balanced.law_network import LawNetwork
from diffrendergan.gan.balanced.views import Seen
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.state import TrainingState
from diffrendergan.gan.step import GUESSING

UNDECIDED = GUESSING.loss_discriminator
"""Loss of a discriminator that guesses."""


def balanced_step(
    state: TrainingState,
    generator: Generator,
    indices: Sequence[int],
    phi: torch.Tensor,
    normal: torch.Tensor,
    real: torch.Tensor,
    mirrored: torch.Tensor,
) -> torch.Tensor:
    """Update G, then D, with the log loss, R1 on the real patches now and then, and rates that follow the loss of D.

    Parameters
    ----------
    state : TrainingState
        Its networks, optimisers and generators of randomness advance by one step.
    generator : Generator
        Holds `state.network`.
    indices : sequence of int
        The B constellations to draw.
    phi : torch.Tensor
        Their Φ, shape (B, n, 4).
    normal : torch.Tensor
        ε of the parameters, shape (B, P).
    real : torch.Tensor
        Real patches, mirrored at random, shape (B, S, S).
    mirrored : torch.Tensor
        Whether to mirror each synthetic image left to right and top to bottom, bool (2, B): the same chance as that of
        the real ones, so that mirroring tells nothing.

    Returns
    -------
    torch.Tensor
        The values of a `StepRecord`, shape (4,), on the device of the networks.
    """
    network, judge = state.network, state.discriminator
    assert isinstance(network, LawNetwork) and isinstance(judge, BalancedDiscriminator)
    seen = judge.views(real)
    with_penalty = state.step % RULES.penalty_every == 0
    if with_penalty:
        seen = Seen(*(view.requires_grad_() for view in seen))
    judged_real = judge.judge(seen)
    fake = mirror(generator.images(indices, network(phi, normal), state.noise), mirrored)
    pixels = fake.detach().requires_grad_()
    judged_fake = judge(pixels)
    loss_discriminator = mean_of(
        [0.5 * (softplus(-r).mean() + softplus(f).mean()) for r, f in zip(judged_real, judged_fake, strict=True)]
    )
    rates = rates_of(float(loss_discriminator.detach()))

    loss_generator = mean_of([softplus(-logits) for logits in judged_fake])
    (to_pixels,) = torch.autograd.grad(loss_generator, pixels, retain_graph=True)
    state.adam_generator.zero_grad()
    fake.backward(to_pixels)
    _step(state.adam_generator, rates[0])
    if state.average is not None:
        move = get_ema_multi_avg_fn(RULES.average)
        move(list(state.average.parameters()), list(network.parameters()), state.step)

    loss = loss_discriminator
    if with_penalty:
        loss = loss + RULES.penalty_every * penalty(judged_real, seen)
    state.adam_discriminator.zero_grad()
    loss.backward(inputs=list(judge.parameters()))
    _step(state.adam_discriminator, rates[1])

    state.step += 1
    values = (loss_generator, loss_discriminator, mean_of(judged_real), mean_of(judged_fake))
    return torch.stack([value.detach() for value in values])


def mean_of(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the mean over heads, each of which counts the same."""
    return torch.stack([part.mean() for part in parts]).mean()


def penalty(judged_real: Sequence[torch.Tensor], seen: Seen) -> torch.Tensor:
    """Return R1 of each head with regard to what it sees, the mean over heads.

    Source: L. Mescheder et al., Which training methods for GANs do actually converge?, 2018.
    """
    total = torch.stack([logits.mean((1, 2, 3)).sum() for logits in judged_real]).sum()
    image, spectrum = torch.autograd.grad(total, list(seen), create_graph=True)
    slopes = (image, spectrum[:, :1])  # where a frequency stands is given, and no patch can change it
    return mean_of([0.5 * RULES.penalty * slope.square().sum((1, 2, 3)) for slope in slopes])


def rates_of(loss: float) -> tuple[float, float]:
    """Return the rates at which G and D learn, by the loss of D.

    D learns at its full rate while it is hardly better than guessing, and less the surer it is; G learns the less, the
    nearer D is to guessing: what that says is chance, and would lead G away from the fit.
    """
    share = loss / UNDECIDED
    generator = (1 - share) / (1 - RULES.undecided_share)
    discriminator = share / RULES.undecided_share
    held = [min(1.0, max(RULES.slowest, value)) for value in (generator, discriminator)]
    return held[0] * RULES.rate_generator, held[1] * RULES.rate_discriminator


def _step(adam: torch.optim.Adam, rate: float) -> None:
    for group in adam.param_groups:
        group["lr"] = rate
    adam.step()


def mirror(images: torch.Tensor, mirrored: torch.Tensor) -> torch.Tensor:
    """Return images (B, S, S), each mirrored left to right and top to bottom as asked for, bool (2, B)."""
    flags = mirrored[:, :, None, None]
    images = torch.where(flags[0], images.flip(-1), images)
    return torch.where(flags[1], images.flip(-2), images)
