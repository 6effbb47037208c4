"""How particles are found in patches: in the same way in real ones and in arrangements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from diffrendergan.detection import grey_levels
from diffrendergan.detection.foreground import ScanParticles, find_at_scale
from diffrendergan.detection.scale import ParticleScale
from diffrendergan.micrographs.types import FloatImage

_NUMBERS = ("threshold", "background", "contrast")


class Finder(Protocol):
    """Finds the particles of a patch, float32 (S, S)."""

    @property
    def scale(self) -> ParticleScale:
        """What particles look like in the real patches."""
        ...

    @property
    def dark(self) -> bool:
        """Whether particles are darker than the background."""
        ...

    def __call__(self, image: FloatImage) -> ScanParticles:
        """Return the particles of a patch."""
        ...


class FinderMaker(Protocol):
    """Makes a finder that suits patches; None where it cannot be relied on."""

    def __call__(self, images: Sequence[FloatImage]) -> Finder | None:
        """Return the finder for patches, float32 (S, S) each."""
        ...


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Finds particles by their grey values.

    Attributes
    ----------
    scale : ParticleScale
    dark : bool
    level : grey_levels.Levels, optional
        Grey levels known beforehand; found in each patch without them.
    """

    scale: ParticleScale
    dark: bool
    level: grey_levels.Levels | None = None

    def __call__(self, image: FloatImage) -> ScanParticles:
        """Return the particles of a patch."""
        return find_at_scale(image, self.scale, self.dark, self.level)


def usual_level(images: Sequence[FloatImage], dark: bool) -> grey_levels.Levels:
    """Return the medians of the patches' grey levels, of those that have clear ones if any do."""
    found = [grey_levels.levels_of(image, dark) for image in images]
    found = [level for level in found if level.clear] or found
    middle = {name: float(np.median([getattr(level, name) for level in found])) for name in _NUMBERS}
    return grey_levels.Levels(**middle, clear=True)
