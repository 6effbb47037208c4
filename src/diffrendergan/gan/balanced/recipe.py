"""The recipe `balanced` within the loop that all trainings share."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.fitting.law import Law, require_same
from diffrendergan.gan.balanced import kernel_score
from diffrendergan.gan.balanced.discriminator import BalancedDiscriminator
from diffrendergan.gan.balanced.kernel_score import KernelScore
from diffrendergan.gan.balanced.law_network import LawNetwork
from diffrendergan.gan.balanced.step import balanced_step
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.recipe import Table
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.state import TrainingState, torch_rng
from diffrendergan.imaging.ground import Ground
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs import seeds
from diffrendergan.runs.device import on_device


@dataclass(frozen=True)
class BalancedRecipe:
    """An adversary that starts from a fit, and is scored by as many images as there are real patches.

    Attributes
    ----------
    law : Law
        The fitted law of the parameters.
    spread : float
        How many times as wide as fitted it is drawn (`fit.spread`).
    real : ndarray
        Real patches in [0, 1], shape (r, S, S).
    scans : tuple of str
        The scan of each.
    ground : Ground
        Knows which scan's ground an image shows.
    seed : int
        Root seed of the project.
    device : torch.device
        Where images are drawn.
    """

    law: Law
    spread: float
    real: Table
    scans: tuple[str, ...]
    ground: Ground
    seed: int
    device: torch.device
    scores_start: bool = True
    advice: str = "another `seed`, or keep the fit (`generator.draw: fitted`)"

    def steps_per_epoch(self, arrangements: int) -> int:
        """Return as many steps as show each real patch once on average."""
        return math.ceil(len(self.real) / RULES.batch)

    @property
    def fields(self) -> dict[str, Any]:
        """The recipe, its rules and the law that it starts from."""
        used = {name: value for name, value in RULES._asdict().items() if name != "patience" and name[:4] != "won_"}
        rules = {f"rules.{name}": list(value) if isinstance(value, tuple) else value for name, value in used.items()}
        law = {"law.middle": self.law.middle.tolist(), "law.root": self.law.root.tolist(), "fit.spread": self.spread}
        return {"training.recipe": "balanced"} | rules | law

    def new_state(
        self, particles: int, specs: Sequence[ParameterSpec], seed: int, device: torch.device
    ) -> TrainingState:
        """Return the state before the first step: G draws from the law.

        Raises
        ------
        ConfigError
            If the law is one of other parameters.
        """
        require_same(self.law, specs)
        first = torch_rng(seed, "training", "initial generator")
        network = LawNetwork(particles, self.law, self.spread, hidden=RULES.hidden, rng=first).to(device)
        discriminator = BalancedDiscriminator(
            torch.from_numpy(self.real), torch_rng(seed, "training", "initial discriminator")
        ).to(device)
        beta_1, beta_2 = RULES.betas
        return TrainingState(
            network=network,
            discriminator=discriminator,
            adam_generator=torch.optim.Adam(network.parameters(), RULES.rate_generator, (beta_1, beta_2), fused=True),
            adam_discriminator=torch.optim.Adam(
                discriminator.parameters(), RULES.rate_discriminator, (beta_1, beta_2), fused=True
            ),
            draws=seeds.generator(seed, "training", "draws"),
            dropout=torch_rng(seed, "training", "dropout", device=device),
            noise=torch_rng(seed, "training", "noise", device=device),
            average=copy.deepcopy(network),
        )

    def step(self, state: TrainingState, generator: Generator, phis: torch.Tensor, real: Table) -> torch.Tensor:
        """Draw arrangements, ε, real patches and mirrors, and train on them."""
        draws, batch = state.draws, RULES.batch
        indices = draws.integers(len(phis), size=batch)
        normal = draws.standard_normal((batch, len(self.law.specs)), np.float32)
        mirrored = draws.random((2, 2, batch)) < 0.5
        shown = real[draws.integers(len(real), size=batch)]
        for axis, flags in zip((2, 1), mirrored[0], strict=True):
            shown[flags] = np.flip(shown[flags], axis)
        return balanced_step(
            state,
            generator,
            indices.tolist(),
            phis[on_device(torch.from_numpy(indices), state.device)],
            on_device(torch.from_numpy(normal).clone(), state.device),
            on_device(torch.from_numpy(shown).clone(), state.device),
            on_device(torch.from_numpy(mirrored[1]), state.device),
        )

    def draw_all(self, state: TrainingState, generator: Generator, phis: torch.Tensor) -> tuple[Table, Table]:
        """Draw as many images as there are real patches, arrangements in turn, with the averaged weights."""
        images, thetas = [], []
        with torch.no_grad():
            for index in range(len(self.real)):
                chance = seeds.generator(self.seed, "training", "evaluation", index)
                arrangement = index % len(phis)
                theta = state.shown.draw(phis[arrangement : arrangement + 1], chance)
                noise = torch_rng(self.seed, "training", "evaluation noise", index, device=self.device)
                images.append(generator.images([arrangement], theta, noise).cpu().numpy())
                thetas.append(theta.cpu().numpy())
        return np.concatenate(images), np.concatenate(thetas)

    def kernel(self, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> tuple[float, ...]:
        """Return kernel distances over random halves of the scans."""
        grounds = [
            self.ground.source(torch_rng(self.seed, "training", "evaluation noise", index, device=self.device))
            for index in range(len(self.real))
        ]
        shown = tuple(f"image {index}" if scan is None else scan for index, scan in enumerate(grounds))
        return KernelScore(self.scans, shown, self.seed)(real, synthetic)

    def stops(self, history: Sequence[EpochRecord]) -> bool:
        """Tell whether the kernel distance no longer falls."""
        return kernel_score.stops(history)
