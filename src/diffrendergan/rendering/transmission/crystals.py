"""What makes particles of one material differ: how each crystal lies in the beam, and how it is bent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.transmission.chords import Chords
from diffrendergan.rendering.transmission.rules import RULES
from diffrendergan.runs import seeds


@dataclass(frozen=True, eq=False)
class Crystals:
    """Standard normal numbers: how much more than usual particles diffract, as a whole and from place to place.

    Attributes
    ----------
    orientation : float32 (n,)
        Of each particle.
    bands : float32 (K,)
        Of each pair of pixel and particle of `Chords`: smooth within a particle.
    """

    orientation: NDArray[np.float32]
    bands: NDArray[np.float32]


def draw_crystals(chords: Chords, radii_px: NDArray[np.float64], seed: int) -> Crystals:
    """Draw the crystals of a constellation; each particle's depends on the seed and its row in Φ alone.

    Parameters
    ----------
    chords : Chords
    radii_px : float64 (n,)
        Radius in the image of a sphere around each particle [px].
    seed : int
    """
    rng = seeds.generator(seed, "crystals")
    count, waves = len(radii_px), RULES.waves
    orientation = rng.standard_normal(count)
    # Waves of random direction and length add up to a normal field whose values are alike over `band` diameters.
    numbers = rng.standard_normal((count, waves, 2)) / (RULES.band * 2 * np.maximum(radii_px, 0.5))[:, None, None]
    phases = rng.uniform(0, 2 * np.pi, (count, waves))
    owner = chords.particles - 1
    down, right = np.divmod(chords.pixels, chords.size)
    bands = np.zeros(len(owner))
    for wave in range(waves):
        first, second = numbers[owner, wave].T
        bands += np.cos(first * right + second * down + phases[owner, wave])
    return Crystals(orientation.astype(np.float32), (bands * np.sqrt(2 / waves)).astype(np.float32))
