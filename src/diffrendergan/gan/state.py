"""Everything that changes while the GAN trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from diffrendergan.config.training import TrainingConfig
from diffrendergan.gan.discriminator import make_discriminator
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.regression import RegressionNetwork
from diffrendergan.gan.theta_network import ThetaNetwork
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs import seeds


@dataclass
class TrainingState:
    """Networks, optimisers, generators of randomness and the history so far.

    Attributes
    ----------
    network, discriminator : nn.Module
        The learned part of G, and D.
    adam_generator, adam_discriminator : torch.optim.Adam
        Their optimisers.
    draws : numpy.random.Generator
        Chooses arrangements, real patches and their orientation.
    dropout, noise : torch.Generator
        Dropout masks in G; pixel noise of the fakes.
    step : int
        Training steps done.
    history : list of EpochRecord
        One record per finished epoch; with the recipe `balanced` first one of the start, as epoch 0.
    average : nn.Module, optional
        The moving average of `network`, if images are made with that.
    """

    network: ThetaNetwork
    discriminator: nn.Module
    adam_generator: torch.optim.Adam
    adam_discriminator: torch.optim.Adam
    draws: np.random.Generator
    dropout: torch.Generator
    noise: torch.Generator
    step: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    average: ThetaNetwork | None = None

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.network.parameters()).device

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return self.history[-1].epoch if self.history else 0

    @property
    def shown(self) -> ThetaNetwork:
        """The network that images are made with."""
        return self.network if self.average is None else self.average

    def is_finite(self) -> bool:
        """Tell whether all weights are finite."""
        parameters = (*self.network.parameters(), *self.discriminator.parameters())
        return all(bool(torch.isfinite(parameter).all()) for parameter in parameters)


def new_state(
    config: TrainingConfig,
    particles: int,
    specs: Sequence[ParameterSpec],
    seed: int,
    device: torch.device | str = "cpu",
) -> TrainingState:
    """Return the state before the first step.

    Parameters
    ----------
    config : TrainingConfig
        Sizes and learning rates.
    particles : int
        Particles in an arrangement.
    specs : sequence of ParameterSpec
        Learned parameters.
    seed : int
        Root seed of the project.
    device : torch.device or str
        Where to train; the initial weights are the same everywhere.
    """
    network = RegressionNetwork(
        particles,
        specs,
        hidden=config.hidden,
        dropout=config.dropout,
        layer_order=config.layer_order,
        rng=torch_rng(seed, "training", "initial generator"),
    ).to(device)
    discriminator = make_discriminator(
        config.discriminator_filters, config.init_gain, torch_rng(seed, "training", "initial discriminator")
    ).to(device)
    return TrainingState(
        network=network,
        discriminator=discriminator,
        # The fused form does a step in one kernel; on the CPU it is the fastest, and deterministic.
        adam_generator=torch.optim.Adam(network.parameters(), config.lr_generator, config.betas, fused=True),
        adam_discriminator=torch.optim.Adam(
            discriminator.parameters(), config.lr_discriminator, config.betas, fused=True
        ),
        draws=seeds.generator(seed, "training", "draws"),
        dropout=torch_rng(seed, "training", "dropout", device=device),
        noise=torch_rng(seed, "training", "noise", device=device),
    )


def torch_rng(seed: int, *purpose: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a torch generator for a purpose, on a device."""
    return torch.Generator(device).manual_seed(seeds.integer(seed, *purpose))
