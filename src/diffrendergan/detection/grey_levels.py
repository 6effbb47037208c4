"""The grey levels of ground and particles in a scan, without any labels.

Li's threshold on the smoothed scan parts the two. What lies below it is parted again where it plainly holds several
phases: the darkest is the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from diffrendergan.micrographs.types import BoolImage, FloatImage

SMOOTHING_PX = 1.0
CLEAR_CONTRAST = 3.0
"""Below this distance of the two sides of the threshold, in standard deviations of the darker one, a
scan shows texture or noise alone (white noise gives 2.76)."""
CLEAR_SKEW = 0.15
"""Brightness distributions less skewed than this have no tail to tell of."""
NOISE_MARGIN = 4.0
MOST_PHASES = 3
LEAST_PHASE = 0.01
"""A phase takes at least this share of a scan."""
PHASE_CONTRAST = 4.0
"""Two phases differ by this many standard deviations of the darker one (white noise gives 2.76, a ramp 3.5)."""
MOST_BELOW = 0.5
"""A darker phase that takes more than this share of a scan is its ground, whatever lies above it."""
HISTOGRAM_BINS = 4096
MOST_ITERATIONS = 200


@dataclass(frozen=True)
class Levels:
    """Grey levels of one scan, particles taken as bright."""

    threshold: float
    background: float
    contrast: float
    clear: bool
    """Whether the threshold separates particles from background rather than texture from texture."""


def levels_of(pixels: FloatImage, dark: bool, field: BoolImage | None = None) -> Levels:
    """Return the grey levels within the field of one image, particles taken as bright."""
    smooth = smoothed(pixels, dark)
    return measure_levels(smooth if field is None else smooth[field])


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


def is_crowded(pixels: FloatImage, level: Levels, dark: bool, field: BoolImage | None = None) -> bool:
    """Tell whether what was taken for the ground of a scan is none: a small darker phase lies plainly apart."""
    smooth = smoothed(pixels, dark)
    values = smooth if field is None else smooth[field]
    ground = split_ground(values)
    if ground is None or level.background <= ground.threshold:
        return False
    return float((values <= ground.threshold).mean()) <= MOST_BELOW


def smoothed(pixels: FloatImage, dark: bool) -> FloatImage:
    """Return a scan (H, W) without its finest noise, dark particles made bright."""
    bright = 1 - pixels if dark else pixels
    return np.asarray(ndimage.gaussian_filter(bright, SMOOTHING_PX), dtype=np.float32)
