"""f_fcn: the regression network from an arrangement Φ to the learned parameters θ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from diffrendergan.gan.theta_network import ThetaNetwork
from diffrendergan.rendering.protocol import ParameterSpec

LayerOrder = Literal["dropout-linear-relu", "linear-relu-dropout"]

HIDDEN_LAYERS = 4
PHI_COLUMNS = 4


class WeightNormLinear(nn.Module):
    """A linear layer whose weight rows have learned lengths g and directions v/|v|.

    The rows start uniform within ±1/√inputs, g with their lengths, the bias at zero: the state in which
    the authors' published weights must have started.

    Parameters
    ----------
    inputs, outputs : int
        Lengths of the vectors.
    rng : torch.Generator
        Source of the initial weights.
    """

    def __init__(self, inputs: int, outputs: int, rng: torch.Generator) -> None:
        super().__init__()
        bound = inputs**-0.5
        rows = torch.empty(outputs, inputs).uniform_(-bound, bound, generator=rng)
        self.weight_v = nn.Parameter(rows)
        self.weight_g = nn.Parameter(rows.norm(dim=1, keepdim=True))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, inputs) to (B, outputs)."""
        weight = self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True)
        return nn.functional.linear(x, weight, self.bias)


def dropout(x: torch.Tensor, probability: float, rng: torch.Generator | None) -> torch.Tensor:
    """Zero each element with a probability and scale the rest to keep the mean; no change without `rng`.

    Torch's own dropout draws from the global generator, which a checkpoint cannot restore on its own.
    """
    if rng is None or probability == 0:
        return x
    keep = torch.empty_like(x).bernoulli_(1 - probability, generator=rng)
    return x * keep / (1 - probability)


class RegressionNetwork(ThetaNetwork):
    """Five weight-normalised layers, of which four have ReLU and dropout, and a sigmoid at the end.

    Parameters
    ----------
    particles : int
        Particles n in an arrangement.
    specs : sequence of ParameterSpec
        The P parameters to give, with their ranges.
    hidden : int
        Units in each of the four hidden layers.
    dropout : float
        Probability that an element is dropped in training.
    layer_order : str
        `dropout-linear-relu` (the paper; it drops elements of Φ, too) or `linear-relu-dropout` (the
        authors' code).
    rng : torch.Generator
        Source of the initial weights.

    Notes
    -----
    Source: Possart et al. 2025, Methods (METHOD §5).
    """

    low: torch.Tensor
    high: torch.Tensor

    def __init__(
        self,
        particles: int,
        specs: Sequence[ParameterSpec],
        *,
        hidden: int = 128,
        dropout: float = 0.2,
        layer_order: LayerOrder = "dropout-linear-relu",
        rng: torch.Generator,
    ) -> None:
        super().__init__()
        self.particles = particles
        self.specs = tuple(specs)
        self.hidden = hidden
        self.dropout = dropout
        self.layer_order = layer_order
        widths = (particles * PHI_COLUMNS, *(hidden,) * HIDDEN_LAYERS, len(self.specs))
        self.layers = nn.ModuleList(WeightNormLinear(inputs, outputs, rng) for inputs, outputs in pairwise(widths))
        self.register_buffer("low", torch.tensor([spec.low for spec in self.specs]), persistent=False)
        self.register_buffer("high", torch.tensor([spec.high for spec in self.specs]), persistent=False)

    def forward(self, phi: torch.Tensor, dropout_rng: torch.Generator | None = None) -> torch.Tensor:
        """Return the parameters of arrangements.

        Parameters
        ----------
        phi : torch.Tensor
            Shape (B, n, 4).
        dropout_rng : torch.Generator, optional
            Source of the dropout masks in training; without it nothing is dropped.

        Returns
        -------
        torch.Tensor
            θ, shape (B, P), each column within the range of its spec.
        """
        x = phi.flatten(1)
        dropout_first = self.layer_order == "dropout-linear-relu"
        for layer in self.layers[:-1]:
            if dropout_first:
                x = dropout(x, self.dropout, dropout_rng)
            x = torch.relu(layer(x))
            if not dropout_first:
                x = dropout(x, self.dropout, dropout_rng)
        return self.low + (self.high - self.low) * torch.sigmoid(self.layers[-1](x))

    def draw(self, phi: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Return θ for synthesis: without dropout, nothing in it is chance."""
        return self(phi, None)

    def described(self) -> dict[str, Any]:
        """Return what the network was built with, as plain values for JSON."""
        return {
            "particles": self.particles,
            "hidden": self.hidden,
            "dropout": self.dropout,
            "layer_order": self.layer_order,
        } | super().described()
