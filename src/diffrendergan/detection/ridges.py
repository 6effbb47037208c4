"""Wires: long thin ridges of a scan, with their widths, lengths and directions.

The Hessian at several scales gives strength and direction of bright ridges. They are thinned to
lines, cut where lines cross, and pieces that continue each other are joined again. The width is that
of the mean profile across a line at half its height, so that it depends on no threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold
from skimage.morphology import skeletonize

from diffrendergan.centrelines.joining import join_lines
from diffrendergan.centrelines.lines import direction_deg
from diffrendergan.centrelines.skeleton import junctions, paths
from diffrendergan.micrographs.types import BoolImage, FloatImage

SCALES_PX = (1.5, 2.1, 3.0, 4.2, 6.0)
"""Standard deviations of the Gaussians; a ridge of width w answers most at about w/2."""
COARSENING = 4
"""Wide wires are looked for in scans that are smaller by this factor."""
CERTAIN, POSSIBLE = 9.0, 4.0
"""Strengths, in units of what noise gives at the same scale, at which a line starts and to which it is followed."""
SHORTEST_PIECE_PX = 6
SHORTEST_WIRE_PX = 15.0
LEAST_ASPECT = 5.0
"""A wire is at least this many times as long as wide; a chain of particles or a rim is not."""
STRAIGHTNESS = 0.8
"""A wire's ends lie at least this fraction of its length apart."""
MOST_ASYMMETRY = 0.4
"""The ground on both sides differs by at most this fraction of the wire's height: edges of particles and of markers
differ by more."""
LEAST_CONTRAST = 3.0
"""Height of the mean profile in units of the scan's noise."""
PROFILE_STEP_PX = 0.25
MOST_PROFILES = 60
FAINT = 0.35
"""Wires fainter than this fraction of what is usual in the folder are rims of something else, or texture."""


@dataclass(frozen=True, eq=False)
class Wire:
    """One wire."""

    points: NDArray[np.float64]
    """Its centre line, shape (k, 2) as x, y [px]."""
    width: float
    """Full width at half height [px]."""
    height: float
    """How much brighter than the ground it is."""
    whole: bool
    """Whether it ends within the scan at both ends."""

    @property
    def length(self) -> float:
        """Length of the straight line between both ends, plus one width [px]."""
        return float(np.hypot(*(self.points[-1] - self.points[0]))) + self.width

    @property
    def direction_deg(self) -> float:
        """Direction, counter-clockwise from the image's horizontal, in [-90, 90) [degrees]."""
        return direction_deg(self.points[-1] - self.points[0])

    @property
    def bend_rad(self) -> float:
        """Angle between the directions of its two ends, each taken over a third of it [rad]."""
        third = max(2, len(self.points) // 3)
        first, last = self.points[third - 1] - self.points[0], self.points[-1] - self.points[-third]
        return abs(float(np.angle(complex(*last) / complex(*first)))) if first.any() and last.any() else 0.0


@dataclass(frozen=True)
class Directions:
    """Directions of many wires, by circular statistics of doubled angles."""

    mean_deg: float
    """Mean direction in [-90, 90), counter-clockwise from the horizontal [degrees]."""
    alignment: float
    """Length of the mean resultant, from 0 (isotropic) to 1 (parallel), corrected for the number of wires."""

    @property
    def spread_deg(self) -> float:
        """Half width of the uniform distribution of directions that has this alignment [degrees]."""
        grid = np.radians(np.linspace(0.5, 90, 180))
        return float(np.degrees(np.interp(-self.alignment, -np.sin(2 * grid) / (2 * grid), grid)))


def find_wires(bright: FloatImage) -> list[Wire]:
    """Find the wires of one scan.

    Parameters
    ----------
    bright : ndarray, shape (H, W)
        Grey values in which wires are bright.

    Returns
    -------
    list of Wire
        Longest first; empty where there are none.
    """
    smooth = ndimage.gaussian_filter(bright, 0.5)
    noise = noise_level(bright)
    if noise == 0 or min(bright.shape) < 16:
        return []
    strength, scale = ridge_strength(bright)
    lines = skeletonize(apply_hysteresis_threshold(strength, POSSIBLE, CERTAIN))
    wires = []
    for points in join_lines(_pieces(lines)):
        columns, rows = np.round(points).astype(int).T
        wire = _measure(smooth, points, 2 * float(np.median(scale[rows, columns])), noise)
        if wire is not None:
            wires.append(wire)
    return sorted(wires, key=lambda wire: -wire.length)


def wires_within(wires: Sequence[Wire], field: BoolImage | None) -> tuple[Wire, ...]:
    """Return the wires that lie mostly in the field (H, W); those that leave it are not whole."""
    if field is None:
        return tuple(wires)
    kept = []
    for wire in wires:
        columns, rows = np.round(wire.points).astype(int).T
        inside = field[rows.clip(0, field.shape[0] - 1), columns.clip(0, field.shape[1] - 1)]
        if inside.mean() > 0.5:
            kept.append(replace(wire, whole=wire.whole and bool(inside.all())))
    return tuple(kept)


def ridge_strength(bright: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Return the strength of bright ridges in units of noise, and the scale [px] at which it is largest.

    The strength at one scale is how much more the brightness curves across than along a ridge. What texture and noise
    give is measured at the scale itself, as the median over the scan.

    Parameters
    ----------
    bright : ndarray, shape (H, W)
        Grey values.

    Returns
    -------
    strength, scale : ndarray, shape (H, W)
        Strength (at least 0) and scale [px].
    """
    best = np.zeros(bright.shape, np.float32)
    significance = np.zeros(bright.shape, np.float32)
    scales = np.full(bright.shape, SCALES_PX[0], np.float32)
    for sigma in SCALES_PX:
        ridge, floor = _ridge_at(bright, sigma)
        np.maximum(significance, ridge / floor, out=significance)
        normalised = ridge * sigma**1.5
        scales[normalised > best] = sigma
        np.maximum(best, normalised, out=best)
    return significance, scales


def _ridge_at(bright: FloatImage, sigma: float) -> tuple[FloatImage, float]:
    """Return how much more the brightness curves across than along, and what is usual at this scale."""
    rows = ndimage.gaussian_filter(bright, sigma, order=(2, 0), output=np.float32)
    columns = ndimage.gaussian_filter(bright, sigma, order=(0, 2), output=np.float32)
    mixed = ndimage.gaussian_filter(bright, sigma, order=(1, 1), output=np.float32)
    middle = (rows + columns) / 2
    half = np.sqrt(((rows - columns) / 2) ** 2 + mixed**2)
    return np.maximum(half - middle - np.abs(middle + half), 0), float(np.median(half)) or 1e-9


def find_wide_wires(bright: FloatImage) -> list[Wire]:
    """Find wires of more than about a dozen pixels width: as `find_wires`, in a smaller picture of the scan."""
    rows, columns = (size // COARSENING for size in bright.shape)
    blocks = bright[: rows * COARSENING, : columns * COARSENING].reshape(rows, COARSENING, columns, COARSENING)
    middle = (COARSENING - 1) / 2
    return [
        Wire(wire.points * COARSENING + middle, wire.width * COARSENING, wire.height, wire.whole)
        for wire in find_wires(blocks.mean(axis=(1, 3)).astype(np.float32))
    ]


def draw_wires(shape: tuple[int, int], wires: Sequence[Wire], margin: float = 1.0) -> BoolImage:
    """Return where wires lie, with a margin [px] on both sides; shape (H, W)."""
    area = np.zeros(shape, bool)
    by_width: dict[float, BoolImage] = {}
    for wire in wires:
        reach = round(2 * (wire.width / 2 + margin)) / 2
        line = by_width.setdefault(reach, np.zeros(shape, bool))
        steps = 2 * int(np.ceil(wire.length)) + 1
        at = np.linspace(0, len(wire.points) - 1, steps)
        columns, rows = (np.interp(at, np.arange(len(wire.points)), axis) for axis in wire.points.T)
        line[
            np.clip(np.round(rows).astype(int), 0, shape[0] - 1),
            np.clip(np.round(columns).astype(int), 0, shape[1] - 1),
        ] = True
    for reach, line in by_width.items():
        area |= ndimage.distance_transform_edt(~line) <= reach
    return area


def directions(wires: Sequence[Wire]) -> Directions:
    """Return mean and alignment of the directions of at least one wire, weighted by length."""
    lengths = np.array([wire.length for wire in wires])
    doubled = np.exp(2j * np.radians([wire.direction_deg for wire in wires]))
    mean = (lengths * doubled).sum() / lengths.sum()
    number = lengths.sum() ** 2 / (lengths**2).sum()
    # Few isotropic wires have a resultant of about 1/√n by chance.
    squared = (number * abs(mean) ** 2 - 1) / (number - 1) if number > 1.01 else 0.0
    angle = float(np.degrees(np.angle(mean)) / 2)
    return Directions(angle, float(np.sqrt(np.clip(squared, 0, 1))))


def noise_level(pixels: FloatImage) -> float:
    """Return the standard deviation of white noise, from differences of neighbours; at least one grey level of 256."""
    difference = np.diff(pixels[::2], axis=1)
    return max(1.4826 * float(np.median(np.abs(difference))) / np.sqrt(2), 1 / 256 / np.sqrt(12))


def _pieces(lines: BoolImage) -> list[NDArray[np.float64]]:
    """Return the centre lines (x, y) between ends and crossings, points in order along each."""
    apart = lines & ~ndimage.binary_dilation(junctions(lines), np.ones((3, 3)))
    found = (np.array(path, np.float64)[:, ::-1] for path in paths(apart))
    return [points for points in found if len(points) >= SHORTEST_PIECE_PX]


def _measure(smooth: FloatImage, points: NDArray[np.float64], guess: float, noise: float) -> Wire | None:
    """Measure the profile across a line; None if that is no wire's."""
    chord = points[-1] - points[0]
    length = float(np.hypot(*chord))
    travelled = float(np.hypot(*np.diff(points[::4], axis=0).T).sum()) if len(points) > 8 else length
    if length < SHORTEST_WIRE_PX or length < STRAIGHTNESS * travelled:
        return None
    reach = 2.0 * guess + 3
    offsets = np.arange(-reach, reach + PROFILE_STEP_PX / 2, PROFILE_STEP_PX)
    profile = np.median(_across(smooth, points, offsets), axis=0)
    outer = max(4, len(offsets) // 8)
    left, right = float(np.median(profile[:outer])), float(np.median(profile[-outer:]))
    centre = int(np.argmax(np.where(np.abs(offsets) <= max(1.5, guess / 2), profile, -np.inf)))
    height = float(profile[centre]) - (left + right) / 2
    if height < LEAST_CONTRAST * noise or abs(left - right) > MOST_ASYMMETRY * height:
        return None
    width = _half_width(profile, offsets, centre, (left + right) / 2 + height / 2)
    if width is None or length + width < LEAST_ASPECT * width:
        return None
    rows, columns = smooth.shape
    inside = (points.min(axis=0) > 3).all() and (points.max(axis=0) < np.array([columns, rows]) - 4).all()
    return Wire(points, width, height, bool(inside))


def _across(smooth: FloatImage, points: NDArray[np.float64], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return brightness along lines across the wire, shape (points, offsets)."""
    tangent = np.gradient(ndimage.gaussian_filter1d(points, 4, axis=0, mode="nearest"), axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    centre = ndimage.gaussian_filter1d(points, 2, axis=0, mode="nearest")
    chosen = np.unique(np.linspace(1, len(points) - 2, min(MOST_PROFILES, len(points))).astype(int))
    x = centre[chosen, 0, None] - tangent[chosen, 1, None] * offsets
    y = centre[chosen, 1, None] + tangent[chosen, 0, None] * offsets
    return np.asarray(ndimage.map_coordinates(smooth, [y, x], order=1, mode="nearest"))


def _half_width(profile: NDArray[np.float64], offsets: NDArray[np.float64], centre: int, level: float) -> float | None:
    """Return the distance of the places left and right of the centre where the profile falls below a level."""
    below = profile < level
    left, right = np.flatnonzero(below[:centre]), np.flatnonzero(below[centre:])
    if len(left) == 0 or len(right) == 0:
        return None
    ends = []
    for outside, inside in ((left[-1], left[-1] + 1), (centre + right[0], centre + right[0] - 1)):
        part = (level - profile[outside]) / max(profile[inside] - profile[outside], 1e-9)
        ends.append(offsets[outside] + part * (offsets[inside] - offsets[outside]))
    return float(ends[1] - ends[0])


def usual_wires(brights: Sequence[FloatImage], masks: Sequence[BoolImage]) -> list[tuple[Wire, ...]]:
    """Find narrow or wide wires, whichever explain more of the particles, and drop faint ones."""
    best: list[tuple[Wire, ...]] = [() for _ in brights]
    most = -1.0
    for find in (find_wires, find_wide_wires):
        found = [find(bright) for bright in brights]
        heights = [wire.height for wires in found for wire in wires]
        least = FAINT * float(np.percentile(heights, 90)) if heights else 0.0
        clear = [tuple(wire for wire in wires if wire.height >= least) for wires in found]
        explained = sum(
            int((mask & draw_wires(mask.shape, wires, 1.5)).sum()) for mask, wires in zip(masks, clear, strict=True)
        )
        # Narrow ones are measured more exactly: wide ones must explain clearly more.
        if explained > 1.2 * most:
            best, most = clear, float(explained)
    return best
