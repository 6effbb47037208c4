"""How large particles are, and how far they stand out, in all scans of a project together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from diffrendergan.detection.grey_levels import SMOOTHING_PX, Levels, smoothed
from diffrendergan.detection.mask import SMALLEST_AREA_PX, depth_of, particle_mask
from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.sizes.distribution import weighted_median

NOTHING = (
    "no particle stands out from the background in any scan; check data.foreground (bright or dark particles) and that "
    "the scans show particles."
)
SCANS_FOR_SCALE = 8
"""About as many scans, evenly spaced, give the rough diameter."""


@dataclass(frozen=True)
class ParticleScale:
    """What particles look like in a project."""

    diameter_px: float
    """Rough diameter of a particle [px]; it sets the scale at which touching particles are cut."""
    contrast: float
    """Usual difference of particles and background."""
    crowded: bool = False
    """Particles seem to cover most of the scans: what was taken for the ground is rather one of their greys."""


def measure_scale(scans: Sequence[Micrograph], levels: Sequence[Levels], dark: bool) -> ParticleScale:
    """Find the contrast and the rough diameter of particles from the scans that show some."""
    clear = [level.contrast for level in levels if level.clear] or [level.contrast for level in levels]
    contrast = float(np.median(clear))
    diameters = []
    chosen = range(0, len(scans), max(1, len(scans) // SCANS_FOR_SCALE))
    for scan, level in ((scans[index], levels[index]) for index in chosen):
        mask = particle_mask(smoothed(scan.pixels, dark), level, contrast, SMALLEST_AREA_PX)
        mask = mask if scan.field is None else mask & scan.field
        distance = ndimage.gaussian_filter(depth_of(mask), SMOOTHING_PX, output=np.float32)
        peaks = (distance == ndimage.maximum_filter(distance, size=7)) & (distance >= 1.5)
        if peaks.any():
            diameters.append(2 * weighted_median(distance[peaks], distance[peaks] ** 2))
    if not diameters:
        raise DataError(NOTHING)
    return ParticleScale(float(np.median(diameters)), contrast)
