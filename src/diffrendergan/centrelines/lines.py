"""Lengths, directions and curvatures of centre lines that were followed from pixel to pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Points = NDArray[np.float64]

LENGTH_SIGMA_PX = 3.0
"""Smoothing along a line before its length is taken: steps of pixels make oblique lines up to 8 % longer."""
CURVATURE_SIGMA_PX = 6.0
"""Smoothing before curvature is taken, or one wire's width if that is more: steps would bend any line [px]."""


def unit_vector(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a vector (x, y) of length 1 in the same direction; what has no direction stays 0."""
    return np.asarray(vector / max(float(np.hypot(*vector)), 1e-9))


def direction_deg(vector: NDArray[np.float64]) -> float:
    """Return the direction of a line along (x, y), counter-clockwise from the rows, in [-90, 90) [degrees]."""
    x, y = vector
    return float((np.degrees(np.arctan2(-y, x)) + 90) % 180 - 90)


def step_lengths(points: Points) -> NDArray[np.float64]:
    """Return the distances of consecutive points, shape (n - 1,)."""
    return np.asarray(np.hypot(*np.diff(points, axis=0).T))


def resampled(points: Points, spacing: float = 1.0) -> Points:
    """Return points at even distances along a line; the first and last stay."""
    travelled = np.append(0.0, np.cumsum(step_lengths(points)))
    kept = np.append(True, np.diff(travelled) > 0)
    number = max(2, round(travelled[-1] / spacing) + 1)
    at = np.linspace(0, travelled[-1], number)
    return np.column_stack([np.interp(at, travelled[kept], axis[kept]) for axis in points.T])


def smoothed(points: Points, sigma: float, closed: bool = False) -> Points:
    """Smooth a line along itself with a Gaussian; the ends of an open one stay where they are.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        At about even distances of one pixel.
    sigma : float
        Standard deviation of the Gaussian, in points.
    closed : bool
        Whether the last point is the first again.
    """
    if closed:
        ring = ndimage.gaussian_filter1d(points[:-1], sigma, axis=0, mode="wrap")
        return np.vstack([ring, ring[:1]])
    reach = min(int(4 * sigma) + 1, len(points) - 1)
    # Reflected at each end point, a straight line goes straight on.
    before, after = 2 * points[0] - points[reach:0:-1], 2 * points[-1] - points[-2 : -reach - 2 : -1]
    long = ndimage.gaussian_filter1d(np.vstack([before, points, after]), sigma, axis=0, mode="nearest")
    return np.asarray(long[reach : reach + len(points)])


def line_length(points: Points, closed: bool = False) -> float:
    """Return the length of a line [px], with the staircase of its pixels smoothed away."""
    if len(points) < 3:
        return float(step_lengths(points).sum())
    return float(step_lengths(smoothed(resampled(points), LENGTH_SIGMA_PX, closed)).sum())


def without_cut_ends(points: Points, shape: tuple[int, ...], ends: tuple[bool, bool]) -> Points:
    """Shorten a line by half of what runs along the border at its ends.

    The border cuts off half of an oblique wire's width where the centre line leaves the scan, and what is seen beyond
    tapers over as long a way again; thinning follows it along the border. A wire that runs along the border all the
    way stays whole.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        The line, as column, row.
    shape : tuple of int
        Rows and columns of the scan.
    ends : tuple of bool
        Which ends are free: the first, the last.
    """
    farthest = np.array(shape[1::-1]) - 1
    inside = np.minimum(points, farthest - points).min(axis=1) >= 1
    if not inside.any():
        return points
    before, after = int(np.argmax(inside)) // 2, int(np.argmax(inside[::-1])) // 2
    return points[before * ends[0] : len(points) - after * ends[1]]


def curvatures(points: Points, width: float, closed: bool = False) -> NDArray[np.float64]:
    """Return the unsigned curvature at points one pixel apart [1/px]; empty for a line too short to tell.

    Within one smoothing length of an open end nothing is told.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        The line.
    width : float
        Width of the wire [px].
    closed : bool
        Whether the last point is the first again.
    """
    sigma = max(CURVATURE_SIGMA_PX, width)
    line = resampled(points)
    if len(line) < 4 * sigma:
        return np.zeros(0)
    line = smoothed(line, sigma, closed)
    if closed:
        margin = 2
        line = np.vstack([line[-1 - margin : -1], line, line[1 : 1 + margin]])
    else:
        margin = int(np.ceil(1.5 * sigma))
    first = np.gradient(line, axis=0)
    second = np.gradient(first, axis=0)
    bend = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    speed = np.maximum(np.hypot(*first.T), 1e-9)
    return np.asarray((bend / speed**3)[margin:-margin])
