"""How the learned parameters are distributed over images: one law for synthesis, fitted to the scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.atomic import read_json, write_json

STAGE = "fit"
FILE = "fit.json"
SHEET = "fit.png"


@dataclass(frozen=True, eq=False)
class Law:
    """Parameters are low + (high − low) · sigmoid(middle + spread · root · ε), ε standard normal, per image.

    Attributes
    ----------
    specs : tuple of ParameterSpec
        The P columns of θ.
    middle : float64 (P,)
        In the logit of each range.
    root : float64 (P, P)
        Lower triangular; root · rootᵀ is the covariance in the logits.
    """

    specs: tuple[ParameterSpec, ...]
    middle: NDArray[np.float64]
    root: NDArray[np.float64]

    def theta(self, normal: NDArray[np.float64], spread: float = 1.0) -> NDArray[np.float32]:
        """Return θ (..., P) of standard normal numbers (..., P), drawn `spread` times as wide as fitted."""
        low, high = (np.array([getattr(spec, end) for spec in self.specs], float) for end in ("low", "high"))
        logits = self.middle + spread * (normal @ self.root.T)
        return np.asarray(low + (high - low) / (1 + np.exp(-logits)), np.float32)

    def usual(self) -> dict[str, tuple[float, float, float]]:
        """Return for each parameter the value below which 5, 50 and 95 % of the images lie."""
        width = 1.6449 * np.sqrt((self.root**2).sum(1))
        low, high = (np.array([getattr(spec, end) for spec in self.specs], float) for end in ("low", "high"))
        rows = [low + (high - low) / (1 + np.exp(-(self.middle + side * width))) for side in (-1, 0, 1)]
        return {spec.name: tuple(float(row[i]) for row in rows) for i, spec in enumerate(self.specs)}  # type: ignore[misc]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "parameters": [{"name": spec.name, "low": spec.low, "high": spec.high} for spec in self.specs],
            "middle": self.middle.tolist(),
            "root": self.root.tolist(),
            "usual": {name: list(values) for name, values in self.usual().items()},
        }


def save_law(path: Path, law: Law, **facts: Any) -> None:
    """Write a law, and what else is known of its fit, atomically."""
    write_json(path, law.as_json() | facts)


def load_law(path: Path) -> Law:
    """Read what `save_law` wrote.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    try:
        values = read_json(path)
        specs = tuple(ParameterSpec(**entry) for entry in values["parameters"])
        law = Law(specs, np.array(values["middle"], float), np.array(values["root"], float))
        if law.middle.shape != (len(specs),) or law.root.shape != (len(specs),) * 2:
            raise ValueError("numbers are missing")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{path} is missing or broken ({error}); run `fit` again.") from error
    return law


def require_same(law: Law, wanted: Sequence[ParameterSpec]) -> None:
    """Check that a law is one of the parameters that a configuration learns.

    Raises
    ------
    ConfigError
        If names, ranges or their order differ.
    """
    if tuple(wanted) != law.specs:
        strange = ", ".join(sorted({spec.name for spec in set(law.specs) ^ set(wanted)})) or "their order"
        raise ConfigError(f"the look was fitted with other parameters ({strange}); run `fit` again.")
