"""The packaged knowledge of kinds: a linear head on described images, and how far such images spread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from diffrendergan.runs.atomic import atomic_path

FILE = "kinds.safetensors"
"""The packaged file, beside this module."""
ARRAYS = ("mean", "inverse_spread", "projection", "inverse_deviation", "weights", "bias")


@dataclass(frozen=True, eq=False)
class KindModel:
    """What tells the kind of an image from its description (`features.described`).

    Attributes
    ----------
    mean, inverse_spread : float32 (features,)
        Bring each feature to a mean of 0 and a spread of 1.
    projection : float32 (features, k)
        To the principal components.
    inverse_deviation : float32 (k,)
        One over the standard deviation along each.
    weights : float32 (features, looks)
    bias : float32 (looks,)
        Logits of the looks, calibrated, from features of mean 0 and spread 1.
    record : dict
        How it was made (`scripts/make-kinds`): names of the looks, thresholds, seed, commit, images.
    """

    mean: NDArray[np.float32]
    inverse_spread: NDArray[np.float32]
    projection: NDArray[np.float32]
    inverse_deviation: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    record: dict[str, Any]

    @property
    def looks(self) -> tuple[str, ...]:
        """Names of the looks, as in `generalist.looks`."""
        return tuple(self.record["looks"])

    def log_probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the logarithms of the looks' probabilities, (n, looks), of described images (n, features)."""
        return log_softmax(self.centred(vectors) @ self.weights + self.bias)

    def strangeness(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how far described images (n, features) lie from those of the training, (n,).

        1 is what one in a hundred kept-back virtual images reaches.
        """
        components, left = self.components(vectors)
        near, beside = (components**2).mean(axis=1), (left**2).mean(axis=1)
        limits = self.record["strangeness"]
        return np.maximum(near / limits["within"], beside / limits["beside"]).astype(np.float64)

    def centred(self, vectors: NDArray[np.float32]) -> NDArray[np.floating]:
        """Return features (n, features) of mean 0 and spread 1 in the training."""
        return np.clip((vectors - self.mean) * self.inverse_spread, -MOST, MOST)

    def components(self, vectors: NDArray[np.float32]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return principal components of unit variance (n, k), and what they leave of the features (n, features)."""
        centred = self.centred(vectors)
        components = centred @ self.projection
        return components * self.inverse_deviation, centred - components @ self.projection.T


MOST = 12.0
"""Features beyond so many spreads count as this many: one alone does not decide."""


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities (n, looks) that logits mean."""
    below = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=1, keepdims=True)))


def save_kinds(path: Path, model: KindModel) -> None:
    """Write a model as plain tensors with its record, atomically."""
    arrays = {name: np.ascontiguousarray(getattr(model, name), np.float32) for name in ARRAYS}
    arrays["projection"] = arrays["projection"].astype(np.float16)
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, metadata={"record": json.dumps(model.record, sort_keys=True)})


def load_kinds(path: Path) -> KindModel:
    """Read a model."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name).astype(np.float32) for name in ARRAYS}
        return KindModel(**arrays, record=json.loads(file.metadata()["record"]))


@cache
def packaged_kinds() -> KindModel:
    """Return the model that comes with the package."""
    with resources.as_file(resources.files(__package__).joinpath(FILE)) as path:
        return load_kinds(path)
