"""The packaged judge of looks: trees that were grown on looks at virtual images of known truth."""

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

FILE = "magnification.safetensors"
"""The packaged file, beside this module."""
ARRAYS = {"sign": np.int16, "limit": np.float32, "low": np.int16, "high": np.int16, "value": np.float32}


@dataclass(frozen=True, eq=False)
class Forest:
    """The mean of many trees of decisions; arrays have the shape (trees, nodes).

    Attributes
    ----------
    sign : int16
        The column of `signs.SIGNS` that a node asks for; -1 at a leaf.
    limit : float32
        Values up to it go on at the node `low`, larger ones at `high`.
    low, high : int16
    value : float32
        What a leaf says: how good the particles of such looks were.
    record : dict
        How it was made (`scripts/make-magnification`).
    """

    sign: NDArray[np.int16]
    limit: NDArray[np.float32]
    low: NDArray[np.int16]
    high: NDArray[np.int16]
    value: NDArray[np.float32]
    record: dict[str, Any]

    def __call__(self, signs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how good the particles of looks are, (n,), between 0 and 1, from what is known of them, (n, signs)."""
        trees, rows = np.arange(len(self.sign)), np.arange(len(signs))[:, None]
        node = np.zeros((len(signs), len(trees)), np.int64)
        while (asked := self.sign[trees, node]).max(initial=-1) >= 0:
            # As float32, like the trees' growing: a value at a limit goes the same way.
            within = signs[rows, asked].astype(np.float32) <= self.limit[trees, node]
            node = np.where(asked < 0, node, np.where(within, self.low[trees, node], self.high[trees, node]))
        return self.value[trees, node].mean(axis=1, dtype=np.float64)


def save_forest(path: Path, forest: Forest) -> None:
    """Write a forest as plain tensors with its record, atomically."""
    arrays = {name: np.ascontiguousarray(getattr(forest, name), kind) for name, kind in ARRAYS.items()}
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, metadata={"record": json.dumps(forest.record, sort_keys=True)})


def load_forest(path: Path) -> Forest:
    """Read a forest."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in ARRAYS}
        return Forest(**arrays, record=json.loads(file.metadata()["record"]))


@cache
def packaged_forest() -> Forest:
    """Return the forest that comes with the package."""
    with resources.as_file(resources.files(__package__).joinpath(FILE)) as path:
        return load_forest(path)
