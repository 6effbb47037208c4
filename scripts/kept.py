"""Blocks of virtual images that a script draws once: finished ones lie in a folder, and the same command goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.runs.atomic import atomic_path


class Kept:
    """Draws a block, or reads it where it was drawn before; picklable, for several processes.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        Of the files: it has to tell seeds and networks apart.
    draw : callable
        From the bodies and the number of a block to its arrays.
    arrays : sequence of str
        Names of these.
    """

    def __init__(self, folder: Path, name: str, draw: Callable[..., Sequence[Any]], arrays: Sequence[str]) -> None:
        self.folder, self.name, self.draw, self.arrays = folder, name, draw, tuple(arrays)

    def __call__(self, bodies: Any, number: int) -> list[Any]:
        """Return the arrays of a block."""
        path = self.folder / f"{self.name}-{number:04d}.npz"
        if not path.is_file():
            drawn = self.draw(bodies, number)
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez(file, **{name: np.asarray(part) for name, part in zip(self.arrays, drawn, strict=True)})
        with np.load(path, allow_pickle=False) as kept:
            return [kept[name] for name in self.arrays]
