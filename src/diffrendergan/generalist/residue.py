"""What lies on the ground and is no particle: spots, scratches, films. Drawn into the image and into no label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.ground import DistractorConfig, DistractorKind
from diffrendergan.imaging.distractors import draw_distractors

Field = NDArray[np.float32]

KINDS: tuple[DistractorKind, ...] = ("film", "scratch", "blob")
"""Debris and beads are left out: nobody could tell them from particles in scans of an unknown sample."""
SPOTS_FAINTEST = 0.5
"""Soft spots are so much fainter than the rest: strong ones are particles out of focus."""
MOST_OF_A_KIND = 3
"""In one image."""
ISLANDS = 0.75
"""Share of soiled images with residue all over them."""


def soiled(radiance: Field, ground: NDArray[np.bool_], rng: np.random.Generator) -> Field:
    """Return radiance (H, W) with a few things where there is ground; what lies there hides no particle.

    Parameters
    ----------
    radiance : float32 (H, W)
        In any units: contrasts are relative to its spread.
    ground : bool (H, W)
    rng : numpy.random.Generator
        Source of randomness.
    """
    low, high = np.percentile(radiance, [2, 98])
    laid = radiance
    numbers = {kind: int(rng.integers(0, MOST_OF_A_KIND + 1)) if rng.random() < 0.6 else 0 for kind in KINDS}
    for kind, number in {"islands": int(rng.random() < ISLANDS), **numbers}.items():
        if not number:
            continue
        reach = 1.2 * (SPOTS_FAINTEST if kind == "blob" else 1)
        config = DistractorConfig(
            number=(1, number), kinds=(kind,), size_px=(4.0, 90.0), contrast=(0.05, reach), dark=rng.uniform(0, 1)
        )
        opacity, contrast = draw_distractors((radiance.shape[0], radiance.shape[1]), config, rng)
        laid = laid + np.float32(high - low) * opacity * contrast
    return np.where(ground, np.maximum(laid, 0), radiance).astype(np.float32)
