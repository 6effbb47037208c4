"""Statistics of patches, found without labels, and in the same way for real ones and for arrangements.

Whatever the search for particles gets wrong (touching ones joined, large ones cut), it gets wrong alike in both,
so that it cancels when they are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist, squareform
from skimage import measure

from diffrendergan.calibration.finding import Finder
from diffrendergan.calibration.rules import RULES
from diffrendergan.detection.foreground import ScanParticles, whole_particles
from diffrendergan.detection.scale import ParticleScale
from diffrendergan.micrographs.types import BoolImage, FloatImage
from diffrendergan.sizes.units import equivalent_diameters

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PatchStatistics:
    """What patches show, as distributions over patches or over particles.

    Attributes
    ----------
    covered : (m,)
        Fraction of each patch that particles cover.
    counts : (m,)
        Particles seen in each patch, whole or in part.
    diameters : (k,)
        Equivalent circular diameters of whole particles [px].
    thicknesses : (t,)
        Diameters of the largest discs inscribed in the covered area, at its local maxima [px].
    elongations : (k,)
        Major over minor axis of whole particles.
    solidities : (k,)
        Area of whole particles over that of their convex hull.
    nearest : (n,)
        Distance of each particle's centre to the nearest other [px].
    pairs : (p,)
        Distances of all pairs of centres within half a patch [px].
    spectrum : (m, RULES.spectrum_bins)
        Logarithm of the radial power spectrum of the covered area, from coarse to fine.
    """

    covered: Values
    counts: Values
    diameters: Values
    thicknesses: Values
    elongations: Values
    solidities: Values
    nearest: Values
    pairs: Values
    spectrum: Values

    @property
    def patches(self) -> int:
        """Number of patches, m."""
        return len(self.covered)


def measure_patches(images: Iterable[FloatImage], find: Finder) -> PatchStatistics:
    """Find particles in patches, float32 (S, S) each, and return their statistics."""
    return combine([measure_patch(find(image), find.scale) for image in images])


def measure_patch(found: ScanParticles, scale: ParticleScale) -> PatchStatistics:
    """Return the statistics of one patch whose particles were found."""
    labels = found.labels
    table = measure.regionprops_table(
        labels, properties=("area", "centroid", "axis_major_length", "axis_minor_length", "solidity")
    )
    diameters = equivalent_diameters(table["area"])
    counted = diameters >= RULES.least_diameter * scale.diameter_px
    whole = counted & whole_particles(found)
    centres = np.stack([table["centroid-0"], table["centroid-1"]], axis=1)[counted]
    nearest, pairs = _distances(centres, labels.shape[0] / 2)
    return PatchStatistics(
        covered=np.array([found.coverage]),
        counts=np.array([counted.sum()], float),
        diameters=diameters[whole],
        thicknesses=_thicknesses(labels > 0, RULES.least_diameter * scale.diameter_px),
        elongations=(table["axis_major_length"] / np.maximum(table["axis_minor_length"], 1))[whole],
        solidities=np.asarray(table["solidity"], float)[whole],
        nearest=nearest,
        pairs=pairs,
        spectrum=_spectrum(labels > 0)[None],
    )


def combine(parts: Sequence[PatchStatistics]) -> PatchStatistics:
    """Return the statistics of several sets of patches together."""
    return PatchStatistics(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(parts[0])}
    )


def rim_contrast(images: Sequence[FloatImage], masks: Sequence[BoolImage], dark: bool) -> float:
    """Return how much the rims of covered regions stand out from their insides.

    Parameters
    ----------
    images : sequence of float32 (S, S)
    masks : sequence of bool (S, S)
        What particles cover.
    dark : bool
        Whether particles are darker than the background.

    Returns
    -------
    float
        Mean brightness (darkness of dark particles) of rims over that of the insides, both above the background.
    """
    sums = np.zeros(6)
    for image, mask in zip(images, masks, strict=True):
        bright = 1 - image if dark else image
        distance = ndimage.distance_transform_edt(mask)
        parts = ((distance > RULES.rim_px[0]) & (distance <= RULES.rim_px[1]), distance > RULES.inner_px, ~mask)
        for number, part in enumerate(parts):
            sums[2 * number] += bright[part].sum()
            sums[2 * number + 1] += part.sum()
    rim, inner, ground = (sums[2 * k] / max(sums[2 * k + 1], 1) for k in range(3))
    return float((rim - ground) / max(inner - ground, 1e-6))


def _distances(centres: Values, most: float) -> tuple[Values, Values]:
    if len(centres) < 2:
        return np.zeros(0), np.zeros(0)
    pairs = pdist(centres)
    square = squareform(pairs)
    np.fill_diagonal(square, np.inf)
    return square.min(axis=1), pairs[pairs <= most]


def _thicknesses(mask: NDArray[np.bool_], least: float) -> Values:
    if mask.all() or not mask.any():
        return np.zeros(0)
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 1.0)
    peaks = (distance == ndimage.maximum_filter(distance, size=7)) & (distance >= least / 2)
    return np.asarray(2 * distance[peaks], float)


def _spectrum(mask: NDArray[np.bool_]) -> Values:
    """Return the logarithm of the power per radial bin, the bins evenly spaced in the logarithm of frequency."""
    size = mask.shape[0]
    window = np.hanning(size)[:, None] * np.hanning(size)
    power = np.abs(np.fft.fft2((mask - mask.mean()) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size), indexing="ij")) * size
    edges = np.geomspace(1, size / 4, RULES.spectrum_bins + 1)
    bins = np.digitize(frequency.ravel(), edges) - 1
    inside = (bins >= 0) & (bins < RULES.spectrum_bins)
    total = np.bincount(bins[inside], weights=power.ravel()[inside], minlength=RULES.spectrum_bins)
    return np.asarray(np.log(total / np.bincount(bins[inside], minlength=RULES.spectrum_bins).clip(1) + 1.0), float)
