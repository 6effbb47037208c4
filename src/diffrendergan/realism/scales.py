"""Details of a patch by their size: how strong, how rare, how skewed, how they go together; and its scan lines."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from diffrendergan.micrographs.types import FloatImage
from diffrendergan.realism.described import Numbers, log_of
from diffrendergan.realism.rules import RULES

LEAST_PX = 12
"""Edge of the coarsest level of the pyramid [px]. Rule of thumb: for moments of a hundred pixels and more."""
TINY = 1e-12


def scale_numbers(patch: FloatImage) -> list[Numbers]:
    """Return moments of the levels of a Laplacian pyramid, and correlations of magnitude between neighbouring ones.

    Source: J. Portilla, E. P. Simoncelli, A parametric texture model based on joint statistics of complex wavelet
    coefficients, 2000, with isotropic levels.
    """
    coarse = patch.astype(np.float64)
    strengths, shapes, together, names, level_names = [], [], [], [], []
    finer = None
    for level in range(levels_of(patch.shape[0])):
        blurred = ndimage.gaussian_filter(coarse, 1.0)
        detail = coarse - blurred
        variance = float(np.square(detail).mean()) + TINY
        size = f"details of {2**level} px"
        strengths.append(0.5 * log_of(variance))
        level_names.append(size)
        shapes += [
            np.log(np.abs(detail).mean() / np.sqrt(variance) + TINY),
            np.cbrt((detail**3).mean()) / np.sqrt(variance),
            np.log((detail**4).mean() / variance**2 + TINY),
        ]
        names += [f"evenness of {size}", f"bright over dark {size}", f"rare strong {size}"]
        if finer is not None:
            means = ndimage.uniform_filter(finer, 2)[::2, ::2][: detail.shape[0], : detail.shape[1]]
            together.append(_correlation(means, np.abs(detail)))
        finer = np.abs(detail)
        coarse = blurred[::2, ::2]
    joint = tuple(f"agreement of details of {2**k} and {2 ** (k + 1)} px" for k in range(len(together)))
    return [
        Numbers("details", tuple(level_names), np.array(strengths), "amplitude"),
        Numbers("details", tuple(names), np.array(shapes), "none"),
        Numbers("details", joint, np.array(together), "none"),
    ]


def line_numbers(patch: FloatImage) -> list[Numbers]:
    """Return how much neighbouring rows and columns differ in brightness as a whole."""
    pixels = patch.astype(np.float64)
    steps = [
        np.square(np.diff(pixels.mean(axis=1))).mean(),
        np.square(np.diff(pixels.mean(axis=0))).mean(),
        np.square(np.median(np.diff(pixels, axis=0), axis=1)).mean(),
    ]
    names = ("difference of neighbouring scan lines", "difference of neighbouring columns",
             "jumps between scan lines")  # fmt: skip
    # Of averages over a line, for which rounding is weaker by its length.
    values = 0.5 * np.log(np.array(steps) + TINY)
    return [Numbers("scan lines", names, values, "amplitude")]


def levels_of(edge: int) -> int:
    """Return how many levels the pyramid of a patch has."""
    return int(np.clip(np.log2(edge / LEAST_PX) + 1, 2, RULES.levels))


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).mean() / (np.sqrt((a * a).mean() * (b * b).mean()) + TINY))
