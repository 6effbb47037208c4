"""Round particles found without any threshold: blobs of all scales, fitted by circles.

Maxima of the scale-normalised Laplacian of Gaussian over place and scale propose circles. Each is then
moved and resized until as much of its circumference as possible lies on an edge that falls outwards, so
that spheres which touch, hide each other in part, or lie on uneven ground are still measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.micrographs.types import BoolImage, FloatImage

SMALLEST_RADIUS_PX = 4.0
SCALE_RATIO = 1.26
FINE_SIGMA_PX = 3.0
"""Wider Gaussians are applied to a picture made smaller, so that they are about this wide there."""
LEAST_RESPONSE = 0.2
"""Blobs answer with at least this fraction of what clear blobs of the same scale do."""
MOST_PER_SCALE = 50
LEAST_SUPPORT = 0.55
"""A circle lies on outward edges along at least this fraction of its circumference."""
DOUBTFUL_SUPPORT = 0.4
EDGE_FRACTION = 0.25
"""An edge is at least this fraction of the scan's steeper ones (the steepest tenth of the pixels)."""
EDGE_NOISE = 3.0
CREST = 0.75
"""The crest of an edge is at least this fraction of the steepest place within two pixels."""
EDGE_COSINE = 0.75
"""Cosine of the largest angle between an edge's normal and the circle's."""
ANGLES = 32
NORMALS = np.array([turn(2 * np.pi * np.arange(ANGLES) / ANGLES) for turn in (np.cos, np.sin)])
"""Of a circle at so many places of its circumference: x, y."""
HOPELESS_SUPPORT = 0.45
"""A first, coarse fit with less support is not refined."""
COARSE_SCALES, SCALES = np.linspace(0.74, 1.4, 12), np.linspace(0.94, 1.06, 7)
FINE_SCALES = np.array([0.96, 0.98, 1.0, 1.02, 1.04])
SHIFTS = np.array([-1, -0.5, 0, 0.5, 1])
"""A fit tries these radii, relative to the one before, and shifts, relative to how far it reaches."""
LEAST_DISTANCE = 0.7
"""Centres lie at least this many of the larger radius apart."""


@dataclass(frozen=True, eq=False)
class Circles:
    """Circles of one scan, shape (k,) each, clearest first."""

    x: NDArray[np.float64]
    """Column of the centre [px]."""
    y: NDArray[np.float64]
    """Row of the centre [px]."""
    radius: NDArray[np.float64]
    """Radius [px]."""
    support: NDArray[np.float64]
    """Fraction of the circumference within the scan that lies on an edge falling outwards."""
    whole: BoolImage
    """Whether it lies wholly in its scan."""

    def __len__(self) -> int:
        return len(self.x)


NO_CIRCLES = Circles(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, bool))
"""Where none were looked for."""


def find_circles(bright: FloatImage) -> Circles:
    """Find round particles.

    Parameters
    ----------
    bright : ndarray, shape (H, W)
        Grey values in which particles are bright.

    Returns
    -------
    Circles
        None that hide each other for the most part.
    """
    proposals = _propose(bright)
    edges = _edges(bright)
    fitted = np.array([_fit(edges, x, y, radius) for x, y, radius in proposals]).reshape(-1, 4)
    fitted = fitted[fitted[:, 3] >= LEAST_SUPPORT]
    # Grains of the surface are round as well: of circles that hide each other the larger is meant, if it is as clear.
    kept = _without_overlap(fitted[np.argsort(-(fitted[:, 3] - DOUBTFUL_SUPPORT) * fitted[:, 2], kind="stable")])
    x, y, radius, support = kept.T
    height, width = bright.shape
    whole = (x >= radius) & (y >= radius) & (x <= width - 1 - radius) & (y <= height - 1 - radius)
    return Circles(x, y, radius, support, np.asarray(whole, bool))


def _propose(bright: FloatImage) -> NDArray[np.float64]:
    """Return blobs x, y, radius, shape (k, 3)."""
    largest = min(bright.shape) / 2.5
    radii = SMALLEST_RADIUS_PX * SCALE_RATIO ** np.arange(
        max(1, int(np.log(max(largest / SMALLEST_RADIUS_PX, 1)) / np.log(SCALE_RATIO)) + 1)
    )
    blobs = []
    for radius in radii:
        sigma = radius / np.sqrt(2)
        step = max(1, int(sigma / FINE_SIGMA_PX))
        coarse = _shrunk(bright, step)
        response = -((sigma / step) ** 2) * ndimage.gaussian_laplace(coarse, sigma / step, mode="nearest")
        peaks = (response == ndimage.maximum_filter(response, size=max(3, round(sigma / step)))) & (response > 0)
        clear = np.sort(response[peaks])[::-1][:MOST_PER_SCALE]
        if clear.size:
            peaks &= response >= max(clear[-1], LEAST_RESPONSE * float(np.percentile(clear, 80)))
        rows, columns = np.nonzero(peaks)
        middle = (step - 1) / 2
        blobs += [(x * step + middle, y * step + middle, radius) for x, y in zip(columns, rows, strict=True)]
    return np.array(blobs).reshape(-1, 3)


def _shrunk(image: FloatImage, step: int) -> FloatImage:
    """Return means of squares of step × step pixels."""
    rows, columns = (size // step for size in image.shape)
    return np.asarray(image[: rows * step, : columns * step].reshape(rows, step, columns, step).mean(axis=(1, 3)))


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edges of a scan of H × W pixels, row by row."""

    shape: tuple[int, int]
    """H, W."""
    down_x: NDArray[np.float32]
    """The unit vector downhill where there is an edge, 0 elsewhere; shape (H·W,)."""
    down_y: NDArray[np.float32]
    crest: BoolImage
    """Where an edge is steepest, shape (H·W,)."""


def _edges(bright: FloatImage) -> _Edges:
    sigma = 1.5
    down = -np.stack(
        [ndimage.gaussian_filter(bright, sigma, order=order, output=np.float32) for order in ((0, 1), (1, 0))]
    )
    steepness = np.hypot(*down)
    noise = 1.4826 * float(np.median(steepness)) / 1.1774  # the median of a Rayleigh distribution is 1.1774 σ
    least = max(EDGE_FRACTION * float(np.percentile(steepness, 90)), min(EDGE_NOISE * noise, steepness.max() / 2))
    x, y = np.where(steepness > least, down / np.maximum(steepness, 1e-9), 0).astype(np.float32)
    crest = steepness >= CREST * ndimage.maximum_filter(steepness, size=5)
    return _Edges((bright.shape[0], bright.shape[1]), x.ravel(), y.ravel(), crest.ravel())


def _fit(edges: _Edges, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    """Return the circle near a blob that lies on edges along the largest part of its circumference, and that part."""
    best = (x, y, radius, 0.0)
    for reach, scales in ((0.35, COARSE_SCALES), (0.1, SCALES), (0.03, FINE_SCALES)):
        shifts = SHIFTS * reach * best[2]
        axes = best[0] + shifts, best[1] + shifts, best[2] * scales
        support, on_crests = _support(edges, *axes)
        # An edge is some pixels wide: on its crest the circle is neither too large nor too small.
        score = support + on_crests if reach <= 0.1 else support
        candidates = np.array(np.meshgrid(*axes)).reshape(3, -1)
        top = score >= score.max() - 1e-6
        chosen = candidates[:, top].mean(axis=1)
        near = np.flatnonzero(top)[np.argmin(np.abs(candidates[:, top] - chosen[:, None]).sum(axis=0))]
        x, y, radius = (float(value) for value in candidates[:, near])
        best = (x, y, radius, float(support[near]))
        if best[3] < HOPELESS_SUPPORT:
            break
    return best


def _support(
    edges: _Edges, x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fraction of circumferences within the scan that lies on outward edges, and that on their crests.

    Of each circle of a grid, in the order of `numpy.meshgrid(x, y, radius)`: rows and columns of its circumference are
    those of all circles of the same radius and place along one axis.
    """
    height, width = edges.shape
    columns, seen_columns = _places(x, radius, NORMALS[0], width)
    rows, seen_rows = _places(y, radius, NORMALS[1], height)
    inside = seen_rows[:, None] & seen_columns
    places = (rows * np.int32(width))[:, None] + columns
    cosine = edges.down_x.take(places) * NORMALS[0] + edges.down_y.take(places) * NORMALS[1]
    good = inside & (cosine >= EDGE_COSINE)
    seen = np.count_nonzero(inside, axis=-1).ravel()
    most = np.where(seen >= 0.4 * ANGLES, np.maximum(seen, 1), np.inf)
    on_edges, on_crests = (
        np.count_nonzero(found, axis=-1).ravel() / most for found in (good, good & edges.crest.take(places))
    )
    return on_edges, on_crests


def _places(
    centres: NDArray[np.float64], radii: NDArray[np.float64], normals: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int32], BoolImage]:
    """Return pixels of circumferences along one axis, shape (centres, radii, angles), and which lie in the scan."""
    at = np.round(centres[:, None, None] + radii[:, None] * normals).astype(np.int32)
    return np.clip(at, 0, size - 1), (at >= 0) & (at < size)


def _without_overlap(circles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the circles in order, without those whose centre lies within one before."""
    kept: list[NDArray[np.float64]] = []
    for circle in circles:
        if all(np.hypot(*(circle[:2] - other[:2])) >= LEAST_DISTANCE * max(circle[2], other[2]) for other in kept):
            kept.append(circle)
    return np.array(kept).reshape(-1, 4)
