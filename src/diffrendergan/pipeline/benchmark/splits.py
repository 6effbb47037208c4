"""Which scans are trained on and which are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffrendergan.errors import ConfigError
from diffrendergan.micrographs.splitting import grouped
from diffrendergan.runs import seeds

FINAL = "test"
"""The split whose scores are those of the scans that were kept back from all development."""
WHOLE = "all"
"""The split of all other scans where nothing is trained, so that nothing need be divided."""


@dataclass(frozen=True)
class Split:
    """A division of a data set."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def final(self) -> bool:
        """Whether its test scans were kept back from all development."""
        return self.name == FINAL


def cross_validation(
    names: Sequence[str], folds: int, seed: int, twins: Sequence[Sequence[str]] = ()
) -> tuple[Split, ...]:
    """Divide scans at random into folds of equal size, each the test set of one split.

    Parameters
    ----------
    names
        The scans.
    folds
        At least 2 and at most as many as there are scans.
    seed
        Of the division.
    twins
        Scans that show the same pixels under several names: each group falls into one fold.

    Returns
    -------
    tuple of Split
        `fold_0`, `fold_1`, ...; together, their test sets are all scans once.

    Raises
    ------
    ConfigError
        If there cannot be so many folds.
    """
    ordered = sorted(names)
    groups = grouped(ordered, twins)
    if not 2 <= folds <= len(groups):
        copies = f" (of {len(ordered)}, the others are copies)" if len(groups) < len(ordered) else ""
        raise ConfigError(
            f"{len(groups)} scans{copies} cannot be divided into {folds} folds; "
            + (f"give --folds from 2 to {len(groups)}." if len(groups) > 1 else "add scans.")
        )
    parts = np.array_split(seeds.generator(seed, "benchmark", "folds").permutation(len(groups)), folds)
    found = []
    for number, part in enumerate(parts):
        test = tuple(sorted(name for i in part for name in groups[i]))
        found.append(Split(f"fold_{number}", tuple(name for name in ordered if name not in test), test))
    return tuple(found)
