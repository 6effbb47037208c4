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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure, segmentation
from skimage.feature import hessian_matrix, hessian_matrix_eigvals
from skimage.morphology import reconstruction, remove_small_objects

from diffrendergan.errors import DataError
from diffrendergan.micrographs.field import at_edge, field_part, within
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage, Micrograph
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.distribution import weighted_median
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.specks import no_specks
from diffrendergan.sizes.units import equivalent_diameters

SMOOTHING_PX = 1.0
CLEAR_CONTRAST = 3.0
"""Below this distance of the two sides of the threshold, in standard deviations of the darker one, a
scan shows texture or noise alone (white noise gives 2.76)."""
CLEAR_SKEW = 0.15
"""Brightness distributions less skewed than this have no tail to tell of."""
NOISE_MARGIN = 4.0
LEAST_CONTRAST = 0.25
"""A particle stands out by at least this fraction of the contrast that is usual in the project."""
SENSITIVITY = 0.5
"""The sensitive mask, for finding empty places, is cut at this fraction of the way to the threshold."""
NOTHING = (
    "no particle stands out from the background in any scan; check data.foreground (bright or dark particles) and that "
    "the scans show particles."
)
CROWDED = (
    "Particles seem to cover most of the scans, so that the ground is not the commonest grey: what is found of their "
    "sizes and numbers is unsure; look at it, and correct it in the project file."
)
MOST_PHASES = 3
LEAST_PHASE = 0.01
"""A phase takes at least this share of a scan."""
PHASE_CONTRAST = 4.0
"""Two phases differ by this many standard deviations of the darker one (white noise gives 2.76, a ramp 3.5)."""
HISTOGRAM_BINS = 4096
MOST_ITERATIONS = 200
SMALLEST_AREA = 0.04
"""Regions under this fraction of a disc of the usual diameter are specks."""
SMALLEST_AREA_PX = 20
VALLEY_DEPTH = 0.1
"""Valleys between particles are deeper than this fraction of the contrast (curvature times scale²)."""
VALLEY_NOISE = 4.0
SUBSAMPLED_DIAMETER_PX = 16
SCANS_FOR_SCALE = 8
"""About as many scans, evenly spaced, give the rough diameter."""


@dataclass(frozen=True)
class Levels:
    """Grey levels of one scan, particles taken as bright."""

    threshold: float
    background: float
    contrast: float
    clear: bool
    """Whether the threshold separates particles from background rather than texture from texture."""


@dataclass(frozen=True)
class ParticleScale:
    """What particles look like in a project."""

    diameter_px: float
    """Rough diameter of a particle [px]; it sets the scale at which touching particles are cut."""
    contrast: float
    """Usual difference of particles and background."""


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

    @property
    def coverage(self) -> float:
        """Fraction of the field that is particle."""
        return field_part(self.labels > 0, self.field)


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
    except DataError:
        levels = _crowded_levels(scans, dark)
        scale = measure_scale(scans, levels, dark)
        reporter.note(CROWDED)
    found = []
    for scan, level in reporter.track(zip(scans, levels, strict=True), "Finding particles", total=len(scans)):
        found.append(separate_particles(scan.pixels, level, scale, dark, scan.field))
    return found, scale


def _crowded_levels(scans: Sequence[Micrograph], dark: bool) -> list[Levels]:
    """Return grey levels where the particles, not the ground, are the commonest grey.

    Raises
    ------
    DataError
        If no scan plainly holds two phases.
    """
    smooth = [_smooth(scan.pixels, dark) for scan in scans]
    fields = [image if scan.field is None else image[scan.field] for image, scan in zip(smooth, scans, strict=True)]
    levels = [split_ground(values) for values in fields]
    if not any(levels):
        raise DataError(NOTHING)
    return [level or measure_levels(values) for level, values in zip(levels, fields, strict=True)]


def measure_levels(smooth: FloatImage) -> Levels:
    """Find the grey levels of particles (bright) and background of one smoothed scan, (H, W) or its field (n,)."""
    if smooth.min() == smooth.max():
        return Levels(float(smooth.max()), float(smooth.min()), 0.0, False)
    threshold = li_threshold(smooth)
    above = smooth > threshold
    below_mean, below_std = float(smooth[~above].mean()), float(smooth[~above].std())
    contrast = float(smooth[above].mean()) - below_mean
    # Brightness with a long bright tail means few bright particles: a threshold that takes in most of the scan then
    # parts two kinds of ground.
    parts_ground = above.mean() > 0.5 and brightness_skew(smooth) >= CLEAR_SKEW
    clear = contrast >= CLEAR_CONTRAST * below_std and not parts_ground
    if not clear:
        middle = float(np.median(smooth))
        spread = 1.4826 * float(np.median(np.abs(smooth - middle)))
        threshold = max(threshold, middle + NOISE_MARGIN * spread)
    return Levels(threshold, below_mean, contrast, clear)


def brightness_skew(pixels: FloatImage) -> float:
    """Return how much longer the bright tail of the brightness is than the dark one, in [-1, 1]."""
    dark, middle, bright = np.percentile(pixels[::2, ::2] if pixels.ndim == 2 else pixels[::4], [1, 50, 99])
    return float((bright + dark - 2 * middle) / max(bright - dark, 1e-6))


def li_threshold(values: FloatImage) -> float:
    """Return Li's threshold (least cross-entropy), iterated on a histogram.

    scikit-image iterates on the pixels themselves, with a tolerance that finely spaced floating-point values make
    so small that it may never be met.
    """
    counts, edges = np.histogram(values, bins=HISTOGRAM_BINS)
    centres = (edges[:-1] + edges[1:]) / 2 - edges[0]
    number, mass = np.cumsum(counts), np.cumsum(counts * centres)
    threshold = mass[-1] / number[-1]
    for _ in range(MOST_ITERATIONS):
        below = int(np.clip(np.searchsorted(centres, threshold), 1, HISTOGRAM_BINS - 1)) - 1
        dark = mass[below] / max(number[below], 1)
        bright = (mass[-1] - mass[below]) / max(number[-1] - number[below], 1)
        if not 0 < dark < bright:
            break
        previous, threshold = threshold, (bright - dark) / (np.log(bright) - np.log(dark))
        if abs(threshold - previous) < centres[0]:
            break
    return float(threshold + edges[0])


def measure_scale(scans: Sequence[Micrograph], levels: Sequence[Levels], dark: bool) -> ParticleScale:
    """Find the contrast and the rough diameter of particles from the scans that show some."""
    clear = [level.contrast for level in levels if level.clear] or [level.contrast for level in levels]
    contrast = float(np.median(clear))
    diameters = []
    chosen = range(0, len(scans), max(1, len(scans) // SCANS_FOR_SCALE))
    for scan, level in ((scans[index], levels[index]) for index in chosen):
        mask = _mask(_smooth(scan.pixels, dark), level, contrast, SMALLEST_AREA_PX)
        mask = mask if scan.field is None else mask & scan.field
        distance = ndimage.gaussian_filter(_distance(mask), SMOOTHING_PX, output=np.float32)
        peaks = (distance == ndimage.maximum_filter(distance, size=7)) & (distance >= 1.5)
        if peaks.any():
            diameters.append(2 * weighted_median(distance[peaks], distance[peaks] ** 2))
    if not diameters:
        raise DataError(NOTHING)
    return ParticleScale(float(np.median(diameters)), contrast)


def separate_particles(
    pixels: FloatImage, level: Levels, scale: ParticleScale, dark: bool, field: BoolImage | None = None
) -> ScanParticles:
    """Find the particles within the field of one scan and cut those that touch."""
    smooth = _smooth(pixels, dark)
    smallest = max(SMALLEST_AREA_PX, int(SMALLEST_AREA * np.pi / 4 * scale.diameter_px**2))
    mask = _mask(smooth, level, scale.contrast, smallest)
    inner = ndimage.binary_opening(mask & ~_valleys(pixels if not dark else 1 - pixels, mask, scale))
    distance = ndimage.gaussian_filter(_distance(inner), max(1.0, scale.diameter_px / 30), output=np.float32)
    labels = np.zeros(mask.shape, np.int32)
    if mask.any():
        numbered = _markers(distance, inner, scale.diameter_px)
        labels = segmentation.watershed(-distance, numbered, mask=mask).astype(np.int32)
    labels = _without_small(within(labels, field), smallest)
    suspicion = _suspicion(smooth, level, scale, mask, field)
    boxes = [(s[0].start, s[1].start, s[0].stop, s[1].stop) for s in ndimage.find_objects(labels)]
    return ScanParticles(
        labels=labels,
        boxes=np.array(boxes, dtype=np.int64).reshape(-1, 4),
        areas=np.bincount(labels.ravel(), minlength=1)[1:].astype(np.int64),
        suspicion=suspicion if field is None else suspicion | ~field,
        field=field,
    )


def find_at_scale(pixels: FloatImage, scale: ParticleScale, dark: bool, level: Levels | None = None) -> ScanParticles:
    """Find the particles of one image at a scale, and if given at grey levels, that are known from others."""
    return separate_particles(pixels, level or levels_of(pixels, dark), scale, dark)


def levels_of(pixels: FloatImage, dark: bool, field: BoolImage | None = None) -> Levels:
    """Return the grey levels within the field of one image, particles taken as bright."""
    smooth = _smooth(pixels, dark)
    return measure_levels(smooth if field is None else smooth[field])


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


def _smooth(pixels: FloatImage, dark: bool) -> FloatImage:
    bright = 1 - pixels if dark else pixels
    return np.asarray(ndimage.gaussian_filter(bright, SMOOTHING_PX), dtype=np.float32)


def _mask(smooth: FloatImage, level: Levels, contrast: float, smallest: int) -> BoolImage:
    threshold = max(level.threshold, level.background + LEAST_CONTRAST * contrast)
    mask = _fill_holes(smooth > threshold, smooth, level.background + SENSITIVITY * (threshold - level.background))
    mask = ndimage.binary_opening(mask, iterations=2)
    return np.asarray(remove_small_objects(mask, max_size=smallest - 1), dtype=bool)


def _fill_holes(mask: BoolImage, smooth: FloatImage, dimmest: float) -> BoolImage:
    """Fill specks and the dim middles of particles, but not the background that a ring of particles encloses."""
    holes, count = ndimage.label(ndimage.binary_fill_holes(mask) & ~mask)
    if count == 0:
        return mask
    sizes = np.bincount(holes.ravel())
    means = np.bincount(holes.ravel(), weights=smooth.ravel()) / np.maximum(sizes, 1)
    fill = (sizes <= SMALLEST_AREA_PX) | (means >= dimmest)
    fill[0] = False
    return np.asarray(mask | fill[holes], dtype=bool)


def split_ground(smooth: FloatImage) -> Levels | None:
    """Part the darkest phase of a smoothed scan, (H, W) or (n,), from all else; None where it plainly holds but one.

    Where particles are the commonest grey, or of several, Li's threshold parts bright particles from dim ones. What
    lies below is parted again as long as it plainly holds two phases: the ground is the last.
    """
    values, split = smooth.ravel(), None
    for _ in range(MOST_PHASES):
        if values.min() == values.max():
            break
        threshold = li_threshold(values)
        low, high = values[values <= threshold], values[values > threshold]
        if low.size < LEAST_PHASE * smooth.size or high.size == 0:
            break
        middle, contrast = float(low.mean()), float(high.mean() - low.mean())
        if contrast < PHASE_CONTRAST * float(low.std()):
            break
        values, split = low, Levels(threshold, middle, contrast, True)
    return split


def _suspicion(
    smooth: FloatImage, level: Levels, scale: ParticleScale, mask: BoolImage, field: BoolImage | None
) -> BoolImage:
    """Return all that may be particle: a place counts as empty only where it shows the darkest phase of its scan."""
    threshold = max(level.threshold, level.background + LEAST_CONTRAST * scale.contrast)
    cut = level.background + SENSITIVITY * (threshold - level.background)
    ground = split_ground(smooth if field is None else smooth[field])
    if ground is not None:
        cut = min(cut, ground.background + SENSITIVITY * (ground.threshold - ground.background))
    sensitive = smooth > cut
    sensitive = ndimage.binary_opening(sensitive, iterations=2)
    smallest = max(SMALLEST_AREA_PX, int(SMALLEST_AREA * np.pi / 4 * scale.diameter_px**2))
    sensitive = remove_small_objects(sensitive, max_size=smallest - 1)
    return np.asarray(ndimage.binary_dilation(sensitive | mask, iterations=3), dtype=bool)


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
    height = np.float32(max(0.5, diameter_px / 60))
    step = 2 if diameter_px >= SUBSAMPLED_DIAMETER_PX else 1  # the distance is smooth: a quarter of the pixels will do
    coarse = np.ascontiguousarray(distance[::step, ::step])
    floor = reconstruction(coarse - height, coarse)
    peaks = (coarse - floor >= 0.999 * height) & inner[::step, ::step]
    markers = np.zeros(distance.shape, np.int32)
    markers[::step, ::step] = measure.label(peaks)
    return markers


def _distance(mask: BoolImage) -> FloatImage:
    """Return the distance to the background; beyond the scan's border the particles go on."""
    if mask.all():
        return np.full(mask.shape, min(mask.shape) / 2, dtype=np.float32)
    return np.asarray(ndimage.distance_transform_edt(mask), dtype=np.float32)


def _without_small(labels: LabelImage, smallest: int) -> LabelImage:
    """Remove fragments and number the others 1..k."""
    keep = np.bincount(labels.ravel(), minlength=1) >= smallest
    keep[0] = False
    numbers = np.zeros(len(keep), np.int32)
    numbers[keep] = np.arange(1, int(keep.sum()) + 1)
    return np.asarray(numbers[labels], dtype=np.int32)
