"""A mixture of normal distributions that a small network makes of statistics: density in torch, draws in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.inference.coordinates import DIMENSIONS

Values = NDArray[np.float64]

COMPONENTS = 4
"""Normal distributions of each network. More changed nothing (docs/decisions/0011-inference.md)."""
HIDDEN = 48
"""Width of both hidden layers."""
ROWS, COLUMNS = np.tril_indices(DIMENSIONS)
EACH = 1 + DIMENSIONS + len(ROWS)
"""Outputs of a component: weight, middle, and the triangle by which deviations are divided."""
BEYOND = 4.0
"""Standardised statistics are kept within this: farther ones are as strange."""
STEEPEST = 4.0
"""Logarithms of the diagonal of the triangle are kept below this: no width is less than e^-4."""


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of a network of two hidden layers.

    Attributes
    ----------
    tensors : mapping of float32
        `weight0`, `bias0`, … `bias2`.
    """

    tensors: Mapping[str, NDArray[np.float32]]

    def outputs(self, standardised: Values) -> Values:
        """Return the outputs for standardised statistics (m, d): float64 (m, COMPONENTS · EACH)."""
        values = np.clip(standardised, -BEYOND, BEYOND)
        for layer in range(3):
            values = values @ self.tensors[f"weight{layer}"].T.astype(float) + self.tensors[f"bias{layer}"]
            if layer < 2:
                values = values / (1 + np.exp(-values))  # SiLU
        return values


@dataclass(frozen=True, eq=False)
class Mixture:
    """Normal distributions with weights.

    Attributes
    ----------
    weights : (k,)
    middles : (k, D)
    triangles : (k, D, D)
        Lower triangular; times a deviation from the middle it is standard normal.
    """

    weights: Values
    middles: Values
    triangles: Values

    @classmethod
    def of(cls, outputs: Values) -> Mixture:
        """Return the mixture that outputs (m, COMPONENTS · EACH) of m networks say, each with an equal share."""
        parts = outputs.reshape(-1, COMPONENTS, EACH)
        odds = parts[..., 0] - parts[..., 0].max(axis=1, keepdims=True)
        weights = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True) / len(parts)
        flat = parts.reshape(-1, EACH)
        triangles = np.zeros((len(flat), DIMENSIONS, DIMENSIONS))
        triangles[:, ROWS, COLUMNS] = flat[:, 1 + DIMENSIONS :]
        diagonal = np.arange(DIMENSIONS)
        triangles[:, diagonal, diagonal] = np.exp(np.minimum(triangles[:, diagonal, diagonal], STEEPEST))
        return cls(weights.ravel(), flat[:, 1 : 1 + DIMENSIONS], triangles)

    def draw(self, count: int, rng: np.random.Generator) -> Values:
        """Return draws, float64 (count, D)."""
        chosen = rng.choice(len(self.weights), count, p=self.weights / self.weights.sum())
        noise = rng.normal(size=(count, DIMENSIONS, 1))
        return self.middles[chosen] + np.linalg.solve(self.triangles[chosen], noise)[..., 0]
