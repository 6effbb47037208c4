"""Particles of patches by the generalist, all at one magnification: for comparing real patches with arrangements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diffrendergan.detection.foreground import ScanParticles, darker_than_ground
from diffrendergan.detection.scale import ParticleScale
from diffrendergan.generalist.scales import particles_at
from diffrendergan.generalist.search import LEAST_SURE, scale_of
from diffrendergan.generalist.segmenter import SURE, Generalist
from diffrendergan.micrographs.types import FloatImage, Micrograph
from diffrendergan.runs.spacing import evenly_spaced

LOOKED_AT = 10
"""Patches in which the magnification is chosen; all are then looked at in the one that most of these were."""


@dataclass(frozen=True)
class PatchFinder:
    """Finds the particles of patches at one magnification (a `calibration.finding.Finder`).

    Attributes
    ----------
    scale : ParticleScale
    dark : bool
        Whether particles are darker than the ground.
    segmenter : Generalist
    magnification : float
    turned : bool
        Whether bright and dark are exchanged first.
    """

    scale: ParticleScale
    dark: bool
    segmenter: Generalist
    magnification: float
    turned: bool

    def __call__(self, image: FloatImage) -> ScanParticles:
        """Return the particles of a patch."""
        looked = self.segmenter.look_at(image, self.magnification, self.turned)
        labels = particles_at(looked, image.shape)
        return ScanParticles.of(labels, labels > 0, None, True, looked.surety, self.magnification)


def finder_for(images: Sequence[FloatImage], segmenter: Generalist | None = None) -> PatchFinder | None:
    """Return how the generalist finds particles in patches; None where it is unsure of most of them.

    Parameters
    ----------
    images : sequence of float32 (S, S)
    segmenter : Generalist, optional
    """
    tool = segmenter or Generalist()
    chosen = [images[i] for i in evenly_spaced(len(images), LOOKED_AT)]
    scans = [Micrograph(f"patch {i}", image, None, Path(), 8) for i, image in enumerate(chosen)]
    seen = [tool.segment_at(scan) for scan in scans]
    filled = [(scan, labels, look) for scan, (labels, look) in zip(scans, seen, strict=True) if labels.any()]
    if not filled or sum(look.surety >= SURE for _, _, look in filled) < LEAST_SURE * len(filled):
        return None
    labels = [each for _, each, _ in filled]
    used = [scan for scan, _, _ in filled]
    magnification = float(np.exp2(np.median([np.round(np.log2(look.scale)) for _, _, look in filled])))
    turned = sum(look.turned for _, _, look in filled) > len(filled) / 2
    return PatchFinder(
        scale_of(used, labels), bool(darker_than_ground(used, labels)), tool, _offered(magnification), turned
    )


def _offered(magnification: float) -> float:
    """Return a whole power of two; the median of an even number may lie between two."""
    return float(2.0 ** np.floor(np.log2(magnification)))
