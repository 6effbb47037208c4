"""The generator's network that starts as the fitted law and learns what to change of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from diffrendergan.fitting.law import Law
from diffrendergan.gan.regression import PHI_COLUMNS, WeightNormLinear
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.theta_network import ThetaNetwork


class LawNetwork(ThetaNetwork):
    """θ = low + (high − low) · sigmoid(middle + root · ε + change(Φ, ε)), ε standard normal, the change 0 at first.

    The change is a constant, a linear map of ε and a network of Φ and ε: middle and spread can be learned, and what
    depends on the arrangement. It is held within ± `RULES.reach` smoothly.

    Parameters
    ----------
    particles : int
        Particles n in an arrangement.
    law : Law
        The fitted law of the P parameters.
    spread : float
        How many times as wide as fitted it is drawn (`fit.spread`).
    hidden : int
        Units in each of the two hidden layers.
    rng : torch.Generator
        Source of the initial weights.
    """

    low: torch.Tensor
    high: torch.Tensor
    middle: torch.Tensor
    root: torch.Tensor

    def __init__(self, particles: int, law: Law, spread: float, *, hidden: int, rng: torch.Generator) -> None:
        super().__init__()
        count = len(law.specs)
        self.particles, self.specs, self.hidden = particles, law.specs, hidden
        self.first = WeightNormLinear(particles * PHI_COLUMNS + count, hidden, rng)
        self.second = WeightNormLinear(hidden, hidden, rng)
        self.last = nn.utils.skip_init(nn.Linear, hidden, count, bias=False)
        self.linear = nn.utils.skip_init(nn.Linear, count, count, bias=False)
        self.constant = nn.Parameter(torch.zeros(count))
        for layer in (self.last, self.linear):
            nn.init.zeros_(layer.weight)
        self.register_buffer("low", torch.tensor([spec.low for spec in law.specs]), persistent=False)
        self.register_buffer("high", torch.tensor([spec.high for spec in law.specs]), persistent=False)
        self.register_buffer("middle", torch.from_numpy(law.middle).float())
        self.register_buffer("root", torch.from_numpy(spread * law.root).float())

    def forward(self, phi: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
        """Return the parameters of arrangements.

        Parameters
        ----------
        phi : torch.Tensor
            Shape (B, n, 4).
        normal : torch.Tensor
            ε, shape (B, P).

        Returns
        -------
        torch.Tensor
            θ, shape (B, P), each column within the range of its spec.
        """
        x = torch.relu(self.first(torch.cat([phi.flatten(1), normal], dim=1)))
        hidden = torch.relu(self.second(x))
        # Each of the three changes by about one step where all its weights change by one.
        change = self.constant + self.linear(normal) / normal.shape[1] ** 0.5 + self.last(hidden) / self.hidden
        logits = self.middle + normal @ self.root.T + RULES.reach * torch.tanh(change / RULES.reach)
        return self.low + (self.high - self.low) * torch.sigmoid(logits)

    def draw(self, phi: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Return θ for synthesis; `rng` draws ε, as it does for the law itself."""
        normal = rng.standard_normal((len(phi), len(self.specs)))
        return self(phi, torch.from_numpy(normal).to(self.middle))

    def described(self) -> dict[str, Any]:
        """Return what the network was built with, as plain values for JSON."""
        return {"recipe": "balanced", "particles": self.particles, "hidden": self.hidden} | super().described()
