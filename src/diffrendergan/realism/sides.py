"""The patches of either side of a comparison, and which scan each is from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.rules import RULES

ENDS = (" (first half)", " (second half)")
"""Behind the name of a scan that is cut in two."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A patch and where it was cut."""

    pixels: FloatImage
    """Grey values in [0, 1], shape (S, S)."""
    scan: str
    """What it must not be parted from: patches of one scan are in one half of every split."""
    name: str
    """For captions."""
    place: float | None = None
    """Where its middle lies along one edge of its scan [px]; None for a patch that is all of its image."""


@dataclass(frozen=True, eq=False)
class Side:
    """The patches of one side."""

    patches: tuple[Patch, ...]

    @property
    def scans(self) -> list[str]:
        """The scan of each patch."""
        return [patch.scan for patch in self.patches]

    @property
    def pixels(self) -> np.ndarray:
        """All patches, shape (n, S, S)."""
        return np.stack([patch.pixels for patch in self.patches])


def evenly(patches: Sequence[Patch], count: int, generator: np.random.Generator) -> tuple[Patch, ...]:
    """Return at most `count` of the patches, drawn at random, as evenly from all scans as there are."""
    of_scan: dict[str, list[int]] = defaultdict(list)
    for number in generator.permutation(len(patches)):
        of_scan[patches[number].scan].append(int(number))
    # The first of every scan, then the second of every scan that has one, and so on; scans in random order.
    turns = [
        (turn, scan, number) for scan, numbers in enumerate(of_scan.values()) for turn, number in enumerate(numbers)
    ]
    return tuple(patches[number] for number in sorted(number for *_, number in sorted(turns)[:count]))


def prepared_sides(
    real: Sequence[Patch], synthetic: Sequence[Patch], count: int, generator: np.random.Generator
) -> tuple[Side, Side, list[str]]:
    """Return two sides of as many patches, with enough scans to split, and what the user should know.

    Raises
    ------
    DataError
        If a side has too few patches or scans.
    """
    notes: list[str] = []
    sides = []
    for name, patches in (("real", real), ("synthetic", synthetic)):
        one, said = _with_two_scans(patches, name)
        sides.append(one)
        notes += said
    least = min(count, *map(len, sides))
    if least < RULES.least_patches:
        short = "real" if len(sides[0]) <= len(sides[1]) else "synthetic"
        raise DataError(
            f"the {short} side has {least} patches, and a comparison takes {RULES.least_patches} at least; give more "
            "images, or smaller patches (--patch)."
        )
    drawn = [Side(evenly(patches, least, generator)) for patches in sides]
    return drawn[0], drawn[1], notes


def _with_two_scans(patches: Sequence[Patch], name: str) -> tuple[list[Patch], list[str]]:
    """Return patches of two scans at least: one scan alone is cut in two, without the patches in between."""
    if len({patch.scan for patch in patches}) != 1 or any(patch.place is None for patch in patches):
        return list(patches), []
    size = patches[0].pixels.shape[0]
    places = np.array([patch.place for patch in patches], dtype=np.float64)
    middle = (places.min() + places.max()) / 2
    # Patches whose middles are half a patch from the cut do not reach across it.
    halves = [(places <= middle - size / 2, ENDS[0]), (places >= middle + size / 2, ENDS[1])]
    cut = [
        replace(patches[i], scan=patches[i].scan + end) for side, end in halves for i in np.flatnonzero(side).tolist()
    ]
    said = (
        f"The {name} side is one scan, so its halves stand for two scans, without the patches between them: they are "
        "more alike than two scans are, and the error is less certain than its interval says."
    )
    return cut, [said]
