"""Random halves of scans. What shows one scan is on one side only: of a split, and of the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError

Mask = NDArray[np.bool_]
Names = frozenset[str]


@dataclass(frozen=True)
class Split:
    """Which scans are used for what, by name."""

    real: tuple[Names, Names]
    """Of the real patches, for training and for the test."""
    synthetic: tuple[Names, Names]


def draw_split(real: Sequence[str], synthetic: Sequence[str], generator: np.random.Generator) -> Split:
    """Split the scans of both sides into halves.

    A scan that is on both sides (a scan compared with its own altered copy, or a synthetic image that shows its ground)
    is drawn for one of the four uses, and left out of all others.

    Parameters
    ----------
    real, synthetic : sequence of str
        The scan of each patch.
    generator : numpy.random.Generator

    Raises
    ------
    DataError
        If a half would be empty.
    """
    of_real, of_synthetic = set(real), set(synthetic)
    shared = _shuffled(of_real & of_synthetic, generator)
    quarters = [frozenset(shared[k::4]) for k in range(4)]
    lone = [_halves(of_real - set(shared), generator), _halves(of_synthetic - set(shared), generator)]
    # Larger quarters go to smaller halves.
    sides = []
    for side, (own, first) in enumerate(zip(lone, (0, 1), strict=True)):
        pair = [quarters[first], quarters[first + 2]]
        sides.append((own[0] | pair[0], own[1] | pair[1]))
        if not (sides[side][0] and sides[side][1]):
            raise DataError(
                "there are too few scans for halves that share none: two are needed on each side, or four where both "
                "sides show the same; give more scans."
            )
    return Split(sides[0], sides[1])


def draw_null_split(real: Sequence[str], generator: np.random.Generator) -> Split:
    """Split the scans of the real side as if half of them were synthetic; four are needed."""
    return draw_split(real, real, generator)


def balanced(masks: Sequence[Mask], generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return rows of each mask, as many of all; which of the longer ones is drawn."""
    places = [np.flatnonzero(mask) for mask in masks]
    least = min(len(place) for place in places)
    return [np.sort(generator.permutation(place)[:least]) for place in places]


def within(names: Sequence[str], chosen: Names) -> Mask:
    """Tell which patches are of the chosen scans."""
    return np.array([name in chosen for name in names], dtype=bool)


def _halves(names: set[str], generator: np.random.Generator) -> tuple[Names, Names]:
    order = _shuffled(names, generator)
    # An odd scan goes to either half.
    middle = (len(order) + int(generator.integers(0, 2))) // 2
    return frozenset(order[:middle]), frozenset(order[middle:])


def _shuffled(names: set[str] | Names, generator: np.random.Generator) -> list[str]:
    return [str(name) for name in generator.permutation(sorted(names))] if names else []
