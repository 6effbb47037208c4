"""How G and D are trained: what a recipe decides within the loop that all of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.config.training import TrainingConfig
from diffrendergan.gan.augmentation import augment
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.losses import LOSSES
from diffrendergan.gan.samples import draw_all
from diffrendergan.gan.state import TrainingState, new_state, torch_rng
from diffrendergan.gan.step import train_step
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.device import on_device

Table = NDArray[np.float32]


class Recipe(Protocol):
    """What differs between ways to train."""

    def steps_per_epoch(self, arrangements: int) -> int:
        """Return the steps after which the generator is scored, for so many arrangements."""
        ...

    @property
    def fields(self) -> dict[str, Any]:
        """What the course of the training depends on beside data and seed, as plain values."""
        ...

    @property
    def scores_start(self) -> bool:
        """Whether the generator is scored before the first step, as epoch 0."""
        ...

    @property
    def advice(self) -> str:
        """What to do when a training has diverged, as the end of a sentence."""
        ...

    def new_state(
        self, particles: int, specs: Sequence[ParameterSpec], seed: int, device: torch.device
    ) -> TrainingState:
        """Return the state before the first step."""
        ...

    def step(self, state: TrainingState, generator: Generator, phis: torch.Tensor, real: Table) -> torch.Tensor:
        """Draw arrangements Φ (m, n, 4) and real patches (r, S, S), train on them; return a `StepRecord` as tensor."""
        ...

    def draw_all(self, state: TrainingState, generator: Generator, phis: torch.Tensor) -> tuple[Table, Table]:
        """Draw images (k, H, W) and their θ (k, P) to score the generator by, with the same chance after each epoch."""
        ...

    def kernel(self, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> tuple[float, ...] | None:
        """Return kernel distances of features from real ones, if the recipe measures them."""
        ...

    def stops(self, history: Sequence[EpochRecord]) -> bool:
        """Tell whether the training ends before its last epoch."""
        ...


@dataclass(frozen=True)
class PaperRecipe:
    """The training of Possart et al. 2025 (METHOD §6): `training.recipe: paper`."""

    config: TrainingConfig
    seed: int
    scores_start: bool = False
    advice: str = "lower training.lr_generator and training.lr_discriminator"

    def steps_per_epoch(self, arrangements: int) -> int:
        """Return as many steps as show each arrangement once on average."""
        return math.ceil(arrangements / self.config.batch_size)

    @property
    def fields(self) -> dict[str, Any]:
        """The section `training`; more epochs only make a training longer, and the recipe is that of runs before it."""
        values = self.config.model_dump(mode="json", exclude={"epochs", "sample_grid", "recipe"})
        return {f"training.{key}": value for key, value in values.items()}

    def new_state(
        self, particles: int, specs: Sequence[ParameterSpec], seed: int, device: torch.device
    ) -> TrainingState:
        """Return the state before the first step."""
        return new_state(self.config, particles, specs, seed, device)

    def step(self, state: TrainingState, generator: Generator, phis: torch.Tensor, real: Table) -> torch.Tensor:
        """Draw arrangements and real patches, and train on them."""
        indices = state.draws.integers(len(phis), size=self.config.batch_size)
        shown = augment(real[state.draws.integers(len(real), size=self.config.batch_size)], state.draws)
        return train_step(
            state,
            generator,
            LOSSES[self.config.loss],
            indices.tolist(),
            phis[on_device(torch.from_numpy(indices), state.device)],
            # A copy in torch's own memory, which is aligned alike in every run: bits can depend on it.
            on_device(torch.from_numpy(shown).clone(), state.device),
        )

    def draw_all(self, state: TrainingState, generator: Generator, phis: torch.Tensor) -> tuple[Table, Table]:
        """Draw each arrangement once, without dropout."""
        # The same noise after each epoch, so that their distances differ by the generator alone.
        noise = torch_rng(self.seed, "training", "evaluation noise", device=state.device)
        return draw_all(generator, phis, noise)

    def kernel(self, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> None:
        """Return None: epochs are chosen by FID and breadth."""
        return

    def stops(self, history: Sequence[EpochRecord]) -> bool:
        """Return False: all epochs are trained."""
        return False
