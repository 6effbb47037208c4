"""Round fields: what an aperture, or the column of the microscope at low magnification, lets through.

Beyond a circle (or an ellipse that is nearly one) the image is constant or nearly black. A large round particle on a
black ground looks alike. An aperture reaches two opposite sides of the image, or what lies beyond has one value and is
cut off to the pixel; otherwise nothing is left out, and that is said.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from diffrendergan.micrographs.gaps import is_cut_off
from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.types import BoolImage

DARK = 0.25
"""Corners are dark whose grey values are below this fraction of the image's median, counted from its darkest."""
CORNER = 0.04
"""Edge of the corners that are looked at, of the shorter side of the image."""
LEAST_CORNERS = 3
SMOOTH_PX = 1.5
ROUND = 0.01
ROUND_PX = 1.5
"""The edge of a round field lies this near to an ellipse [px, or of its radius], but for `MOST_BESIDE` of it."""
MOST_BESIDE = 0.15
ASPECT = 0.8
"""Least ratio of the axes of that ellipse."""
LEAST_REACH = 0.9
"""The ellipse reaches over this fraction of the shorter side of the image."""
FILLED = 0.97
"""The parts within and beyond the ellipse are what they should be to this fraction."""
LEAST_EDGE_PX = 64
FIT_STEPS = 4
MARGIN_PX = 2.0
"""Beside the edge, this is left out of the field: it is half shaded [px]."""


class Aperture(NamedTuple):
    """A round part of an image with dark corners beyond."""

    within: BoolImage
    """(H, W), without a margin."""
    sure: bool
    """Whether it is no large particle on a black ground."""


def find_aperture(values: NDArray[np.generic]) -> Aperture | None:
    """Find a round field; None where there is no round edge.

    Parameters
    ----------
    values : ndarray, shape (H, W)
        Numbers of the file, without the data bar.
    """
    level = _dark_level(values)
    if level is None:
        return None
    beyond = _dark_corners(ndimage.gaussian_filter(values.astype(np.float32), SMOOTH_PX) < level)
    edge = _edge(beyond)
    ellipse = _fitted(edge) if len(edge) >= LEAST_EDGE_PX else None
    if ellipse is None or 2 * min(ellipse[2:]) < LEAST_REACH * min(values.shape):
        return None
    distance = _distance(np.indices(values.shape).reshape(2, -1).T, ellipse).reshape(values.shape)
    within = distance < 0
    if within.all() or (~beyond)[within].mean() < FILLED or beyond[~within].mean() < FILLED:
        return None
    constant = distance > MARGIN_PX
    one_value = bool(constant.any()) and np.ptp(values[constant]) == 0
    cut_off = one_value and is_cut_off(values == values[constant][0], values)
    return Aperture(distance < -MARGIN_PX, cut_off or _reaches(within))


def _reaches(within: BoolImage) -> bool:
    """Tell whether a round part reaches two opposite sides of the image."""
    upper, lower, left, right = (side.any() for side in (within[1], within[-2], within[:, 1], within[:, -2]))
    return bool((upper and lower) or (left and right))


def _dark_level(values: NDArray[np.generic]) -> float | None:
    """Return the grey value between dark corners and the field; None where the corners are not dark."""
    size = max(4, int(CORNER * min(values.shape)))
    blocks = (values[:size, :size], values[:size, -size:], values[-size:, :size], values[-size:, -size:])
    dark, middle = float(values.min()), float(percentiles(values, [50])[0])
    tops = sorted(float(percentiles(block, [95])[0]) for block in blocks)
    top = tops[LEAST_CORNERS - 1]
    if middle <= dark or top - dark > DARK * (middle - dark):
        return None
    return top + 0.5 * (middle - top)


def _dark_corners(dark: BoolImage) -> BoolImage:
    """Return of a dark mask what is connected to the corners of the image, without holes."""
    parts, _ = ndimage.label(dark)
    corners = {int(parts[place]) for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))} - {0}
    return ~ndimage.binary_fill_holes(~np.isin(parts, list(corners))) if corners else np.zeros_like(dark)


def _edge(beyond: BoolImage) -> NDArray[np.float64]:
    """Return the points (n, 2) of the edge between a mask and the rest, not along the border of the image."""
    lines = measure.find_contours(beyond.astype(np.float32), 0.5)
    return np.concatenate(lines) if lines else np.empty((0, 2))


def _fitted(edge: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    """Fit an upright ellipse to the points of an edge, most of which must lie on it.

    Returns
    -------
    tuple of float, or None
        Row and column of its centre, and its radii along columns and rows [px].
    """
    kept = edge
    for _ in range(FIT_STEPS):
        ellipse = _least_squares(kept)
        if ellipse is None:
            return None
        beside = np.abs(_distance(edge, ellipse))
        near = beside <= max(ROUND_PX, ROUND * min(ellipse[2:]))
        if near.mean() >= 1 - MOST_BESIDE:
            return ellipse if min(ellipse[2:]) >= ASPECT * max(ellipse[2:]) else None
        kept = edge[beside <= np.percentile(beside, 70)]
    return None


def _least_squares(points: NDArray[np.float64]) -> tuple[float, float, float, float] | None:
    y, x = (points - points.mean(axis=0)).T
    scale = max(float(np.abs(points - points.mean(axis=0)).max()), 1.0)
    y, x = y / scale, x / scale
    # a·y² + b·x² + c·y + d·x = 1
    (a, b, c, d), *_ = np.linalg.lstsq(np.stack([y * y, x * x, y, x], axis=1), np.ones(len(y)), rcond=None)
    if a <= 0 or b <= 0:
        return None
    row, column = -c / (2 * a), -d / (2 * b)
    whole = 1 + a * row**2 + b * column**2
    middle = points.mean(axis=0) + scale * np.array([row, column])
    return float(middle[0]), float(middle[1]), float(scale * np.sqrt(whole / a)), float(scale * np.sqrt(whole / b))


def _distance(points: NDArray[np.generic], ellipse: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Return how far points (n, 2) lie beyond an ellipse [px], nearly; negative within."""
    row, column, of_rows, of_columns = ellipse
    y, x = (points - np.array([row, column])).T
    reach = np.hypot(y / of_rows, x / of_columns)
    return np.asarray((reach - 1) * min(of_rows, of_columns), np.float64)
