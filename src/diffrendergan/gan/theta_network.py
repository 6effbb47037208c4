"""What all networks have in common that give the learned parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from diffrendergan.rendering.protocol import ParameterSpec


class ThetaNetwork(nn.Module):
    """Gives θ of arrangements.

    Attributes
    ----------
    particles : int
        Particles n in an arrangement.
    specs : tuple of ParameterSpec
        The P columns of θ.
    """

    particles: int
    specs: tuple[ParameterSpec, ...]

    def draw(self, phi: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        """Return θ (B, P) of arrangements Φ (B, n, 4) for synthesis; what is chance in it comes from `rng`."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """Return what the network was built with, as plain values for JSON."""
        return {"parameters": [{"name": spec.name, "low": spec.low, "high": spec.high} for spec in self.specs]}
