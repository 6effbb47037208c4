"""Where the particles of a scan are, roughly and without any labels.

It serves the choice of patches and the inspection of a folder, never the training of the
segmentation network. All scans of a project are measured together, so that a scan without
particles is judged by the contrast that particles have in the others.

Steps: Li's threshold on the smoothed scan; touching particles are cut where a dark valley runs
between them (largest eigenvalue of the Hessian) or where the distance to the background has
separate maxima (h-maxima), by a watershed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import segmentation
from skimage.feature import hessian_matrix, hessian_matrix_eigvals

from diffrendergan.detection.grey_levels import Levels, is_crowded, levels_of, measure_levels, smoothed, split_ground
from diffrendergan.detection.mask import depth_of, particle_mask, smallest_area, suspicious, without_thin
from diffrendergan.detection.scale import NOTHING, SCANS_FOR_SCALE, ParticleScale, measure_scale
from diffrendergan.detection.seeds import standing_out
from diffrendergan.errors import DataError
from diffrendergan.micrographs.field import at_edge, field_part, within
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage, Micrograph
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.specks import no_specks
from diffrendergan.sizes.units import equivalent_diameters

CROWDED = (
    "Particles seem to cover most of the scans, so that the ground is not the commonest grey: what is found of their "
    "sizes and numbers is unsure; look at it, and correct it in the project file."
)
VALLEY_DEPTH = 0.1
"""Valleys between particles are deeper than this fraction of the contrast (curvature times scale²)."""
VALLEY_NOISE = 4.0
SUBSAMPLED_DIAMETER_PX = 16


@dataclass(frozen=True, eq=False)
class ScanParticles:
    """The particles of one scan."""

    labels: LabelImage
    """Shape (H, W); 0 background, 1..k particles."""
    boxes: NDArray[np.int64]
    """First and one-past-last row and column of each particle: (k, 4) as top, left, bottom, right [px]."""
    areas: NDArray[np.int64]
    """Areas [px], shape (k,)."""
    suspicion: BoolImage
    """Everything that could be part of a particle, with a margin, and all beyond the field; shape (H, W)."""
    field: BoolImage | None = None
    """What of the scan was recorded; None for all of it. No particle is found beyond it."""
    outlined: bool = False
    """Whether a network drew the outlines; else they are guessed from grey values."""
    surety: float = 0.0
    """Mean probability of what the network took for particles, if it drew them."""
    magnification: float = 1.0
    """At which it told them apart."""

    @classmethod
    def of(
        cls,
        labels: LabelImage,
        suspicion: BoolImage,
        field: BoolImage | None = None,
        outlined: bool = False,
        surety: float = 0.0,
        magnification: float = 1.0,
    ) -> ScanParticles:
        """Return the particles of labels (H, W); all beyond the field is suspicious."""
        boxes = [(s[0].start, s[1].start, s[0].stop, s[1].stop) for s in ndimage.find_objects(labels)]
        return cls(
            labels=labels,
            boxes=np.array(boxes, dtype=np.int64).reshape(-1, 4),
            areas=np.bincount(labels.ravel(), minlength=1)[1:].astype(np.int64),
            suspicion=suspicion if field is None else suspicion | ~field,
            field=field,
            outlined=outlined,
            surety=surety,
            magnification=magnification,
        )

    @property
    def coverage(self) -> float:
        """Fraction of the field that is particle."""
        return field_part(self.labels > 0, self.field)


class Search(Protocol):
    """A way to find the particles of all scans of a project, such as `find_particles`."""

    def __call__(
        self, scans: Sequence[Micrograph], dark: bool, reporter: Reporter | None = None
    ) -> tuple[list[ScanParticles], ParticleScale]:
        """Return the particles of each scan, and their common scale."""
        ...


def find_particles(
    scans: Sequence[Micrograph], dark: bool, reporter: Reporter | None = None
) -> tuple[list[ScanParticles], ParticleScale]:
    """Find the particles of all scans of a project.

    Parameters
    ----------
    scans : sequence of Micrograph
        Scans of one magnification.
    dark : bool
        Whether particles are darker than the background.
    reporter : Reporter, optional
        Shows progress.

    Returns
    -------
    list of ScanParticles
        One per scan, in the same order.
    ParticleScale
        The scale they share.

    Raises
    ------
    DataError
        If nothing in any scan stands out from the background.
    """
    reporter = reporter or SilentReporter()
    levels = [levels_of(scan.pixels, dark, scan.field) for scan in scans]
    try:
        scale = measure_scale(scans, levels, dark)
        if _are_crowded(scans, levels, dark):
            scale = replace(scale, crowded=True)
    except DataError:
        levels = _crowded_levels(scans, dark)
        scale = replace(measure_scale(scans, levels, dark), crowded=True)
    if scale.crowded:
        reporter.note(CROWDED)
    found = []
    for scan, level in reporter.track(zip(scans, levels, strict=True), "Finding particles", total=len(scans)):
        found.append(separate_particles(scan.pixels, level, scale, dark, scan.field))
    return found, scale


def _are_crowded(scans: Sequence[Micrograph], levels: Sequence[Levels], dark: bool) -> bool:
    """Tell whether the ground of most scans, of some evenly spaced ones, was taken from their particles."""
    some = list(zip(scans, levels, strict=True))[:: max(1, len(scans) // SCANS_FOR_SCALE)]
    return 2 * sum(is_crowded(scan.pixels, level, dark, scan.field) for scan, level in some) > len(some)


def _crowded_levels(scans: Sequence[Micrograph], dark: bool) -> list[Levels]:
    """Return grey levels where the particles, not the ground, are the commonest grey.

    Raises
    ------
    DataError
        If no scan plainly holds two phases.
    """
    smooth = [smoothed(scan.pixels, dark) for scan in scans]
    fields = [image if scan.field is None else image[scan.field] for image, scan in zip(smooth, scans, strict=True)]
    levels = [split_ground(values) for values in fields]
    if not any(levels):
        raise DataError(NOTHING)
    return [level or measure_levels(values) for level, values in zip(levels, fields, strict=True)]


def separate_particles(
    pixels: FloatImage, level: Levels, scale: ParticleScale, dark: bool, field: BoolImage | None = None
) -> ScanParticles:
    """Find the particles within the field of one scan and cut those that touch."""
    smooth = smoothed(pixels, dark)
    smallest = smallest_area(scale.diameter_px)
    mask = particle_mask(smooth, level, scale.contrast, smallest)
    inner = without_thin(mask & ~_valleys(pixels if not dark else 1 - pixels, mask, scale))
    distance = ndimage.gaussian_filter(depth_of(inner), max(1.0, scale.diameter_px / 30), output=np.float32)
    labels = np.zeros(mask.shape, np.int32)
    if mask.any():
        numbered = _markers(distance, inner, scale.diameter_px)
        labels = segmentation.watershed(-distance, numbered, mask=mask).astype(np.int32)
    labels = _without_small(within(labels, field), smallest)
    return ScanParticles.of(labels, suspicious(smooth, level, scale.contrast, smallest, mask, field), field)


def find_at_scale(pixels: FloatImage, scale: ParticleScale, dark: bool, level: Levels | None = None) -> ScanParticles:
    """Find the particles of one image at a scale, and if given at grey levels, that are known from others."""
    return separate_particles(pixels, level or levels_of(pixels, dark), scale, dark)


def usual_diameter(found: Sequence[ScanParticles]) -> float | None:
    """Return the median equivalent diameter [px] of the particles that lie wholly within their scans.

    Specks (under a tenth of the area-weighted mean area) are left out. None if there are no particles.
    """
    areas = np.concatenate([particles.areas[whole_particles(particles)] for particles in found]).astype(np.float64)
    if areas.size == 0:
        return None
    counted = areas[no_specks(areas, RULES.round_speck_share)]
    return float(np.median(equivalent_diameters(counted)))


def whole_particles(particles: ScanParticles) -> BoolImage:
    """Tell which particles do not touch the border of their scan, or the edge of its field, shape (k,)."""
    height, width = particles.labels.shape
    top, left, bottom, right = particles.boxes.T
    whole = (top > 0) & (left > 0) & (bottom < height) & (right < width)
    return np.asarray(whole & ~at_edge(particles.labels, len(particles.areas), particles.field), dtype=bool)


def darker_than_ground(scans: Sequence[Micrograph], labels: Sequence[LabelImage]) -> bool | None:
    """Tell whether particles (H, W each) are darker than the ground, in most scans that show both; None without any."""
    contrasts = contrasts_of(scans, labels)
    return float(np.median(contrasts)) < 0 if contrasts else None


def contrasts_of(scans: Sequence[Micrograph], labels: Sequence[LabelImage]) -> list[float]:
    """Return how much brighter particles are than the ground in each scan that shows both."""
    found = (_contrast(scan.pixels, each, scan.field) for scan, each in zip(scans, labels, strict=True))
    return [value for value in found if value]


def _contrast(pixels: FloatImage, labels: LabelImage, recorded: BoolImage | None) -> float:
    """Return how much brighter particles are than the ground; 0 if a scan shows one of both alone."""
    inside = labels > 0
    ground = ~inside if recorded is None else ~inside & recorded
    if not inside.any() or not ground.any():
        return 0.0
    return float(np.median(pixels[inside]) - np.median(pixels[ground]))


def _valleys(bright: FloatImage, mask: BoolImage, scale: ParticleScale) -> BoolImage:
    """Find dark lines across the particles' interior at the scale of a particle's rim."""
    sigma = float(np.clip(scale.diameter_px / 20, 1, 8))
    hessian = hessian_matrix(bright, sigma=sigma, order="rc", use_gaussian_derivatives=False)
    curvature = hessian_matrix_eigvals(hessian)[0] * sigma**2
    outside = curvature[~mask]
    noise = 1.4826 * float(np.median(np.abs(outside - np.median(outside)))) if outside.size else 0.0
    return np.asarray(curvature > max(VALLEY_DEPTH * scale.contrast, VALLEY_NOISE * noise), dtype=bool)


def _markers(distance: FloatImage, inner: BoolImage, diameter_px: float) -> LabelImage:
    """Label the maxima of the distance that rise above their surroundings by a sixtieth of the diameter."""
    height = max(0.5, diameter_px / 60)
    step = 2 if diameter_px >= SUBSAMPLED_DIAMETER_PX else 1  # the distance is smooth: a quarter of the pixels will do
    coarse = distance[::step, ::step].astype(np.float64)
    peaks = standing_out(coarse, lambda heights: heights - height)
    markers = np.zeros(distance.shape, np.int32)
    markers[::step, ::step] = np.where(inner[::step, ::step], peaks, 0)
    return markers


def _without_small(labels: LabelImage, smallest: int) -> LabelImage:
    """Remove fragments and number the others 1..k."""
    keep = np.bincount(labels.ravel(), minlength=1) >= smallest
    keep[0] = False
    numbers = np.zeros(len(keep), np.int32)
    numbers[keep] = np.arange(1, int(keep.sum()) + 1)
    return np.asarray(numbers[labels], dtype=np.int32)
