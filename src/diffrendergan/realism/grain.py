"""Noise and grain of a patch: how strong it is where, and how neighbouring pixels of it hang together."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.described import Numbers, log_of
from diffrendergan.realism.rules import RULES

HIGH_PASS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
"""Blind to planes and straight edges along the axes; white noise keeps its variance. Source: J. Immerkær, Fast noise
variance estimation, 1996."""
MARGIN = 3
"""Pixels at the edge of a patch that are left out: filters see what is not there, and lags go no further."""
LOCAL_PX, GRAIN_PX = 2.0, 1.5
"""Blurs behind which brightness is read, and which the grain lacks [px]. Rule of thumb: wider than the noise."""
LAGS = ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (0, 3), (3, 0))
"""Down and to the right [px]."""
PLACES = (("flat places", 0.0, 0.3), ("slopes", 0.3, 0.7), ("edges", 0.7, 1.0))
"""By the share of pixels that are less steep. Rule of thumb."""
LOCAL_WINDOW = 7
LOCAL_SHARES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


def noise_numbers(patch: FloatImage) -> list[Numbers]:
    """Return log noise, and how heavy its tails are, for classes of brightness of equal size."""
    pixels = patch.astype(np.float64)
    rest = ndimage.convolve(pixels, HIGH_PASS)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    local = ndimage.gaussian_filter(pixels, LOCAL_PX)[MARGIN:-MARGIN, MARGIN:-MARGIN]
    order = np.argsort(local, axis=None, kind="stable")
    parts = [np.abs(rest.ravel()[part]) for part in np.array_split(order, RULES.bins)]
    usual = np.array([part.mean() for part in parts])
    spread = np.array([np.square(part).mean() for part in parts])
    classes = [f"class {k} of {RULES.bins} of brightness" for k in range(1, RULES.bins + 1)]
    noise = 0.5 * log_of(np.pi / 2 * np.square(usual))
    return [
        Numbers("noise", tuple(f"noise in {name}" for name in classes), noise, "amplitude"),
        Numbers("noise", tuple(f"rare strong noise in {name}" for name in classes),
                0.5 * log_of(spread) - noise, "none"),
    ]  # fmt: skip


def grain_numbers(patch: FloatImage) -> list[Numbers]:
    """Return how grain is correlated and how strong it is, by the slope of its place; and local contrast."""
    pixels = patch.astype(np.float64)
    grain = pixels - ndimage.gaussian_filter(pixels, GRAIN_PX)
    steep = ndimage.gaussian_gradient_magnitude(pixels, LOCAL_PX)
    inner = steep[MARGIN:-MARGIN, MARGIN:-MARGIN]
    correlations, strengths, names = [], [], []
    for place, low, high in PLACES:
        bounds = np.quantile(inner, [low, high])
        rows, columns = np.nonzero((inner >= bounds[0]) & (inner <= bounds[1]))
        rows, columns = rows + MARGIN, columns + MARGIN
        here = grain[rows, columns]
        variance = float(np.square(here).mean())
        strengths.append(0.5 * log_of(variance))
        for down, right in LAGS:
            correlations.append((here * grain[rows + down, columns + right]).mean() / (variance + 1e-12))
            names.append(f"correlation of the grain over {down} px down and {right} px right in {place}")
    within = ndimage.uniform_filter(np.square(pixels), LOCAL_WINDOW) - ndimage.uniform_filter(pixels, LOCAL_WINDOW) ** 2
    contrast = 0.5 * log_of(np.quantile(np.maximum(within, 0), LOCAL_SHARES))
    shares = tuple(f"contrast over {LOCAL_WINDOW} px where it is above {share:.0%} of all" for share in LOCAL_SHARES)
    return [
        Numbers("grain", tuple(names), np.array(correlations), "none"),
        Numbers("grain", tuple(f"grain in {place}" for place, *_ in PLACES), np.array(strengths), "amplitude"),
        Numbers("local contrast", shares, contrast, "amplitude"),
    ]
