"""Windows of the scans that could become patches, and what each of them shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.micrographs.types import BoolImage, FloatImage, Micrograph
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.patches.rules import RULES


@dataclass(frozen=True)
class Place:
    """The top left corner of a patch in a scan [px]."""

    scan: str
    x: int
    y: int


@dataclass(frozen=True)
class Candidate:
    """A window and how many particles it shows in full."""

    place: Place
    full_particles: int


def count_full(
    particles: ScanParticles, corners: NDArray[np.int64], size: int, usual_diameter_px: float
) -> NDArray[np.int64]:
    """Count the particles that each window displays in full, none of them touching its border.

    Parameters
    ----------
    particles : ScanParticles
        The particles of the scan.
    corners : ndarray of int, shape (k, 2)
        Windows (x, y) [px].
    size : int
        Edge of a window [px].
    usual_diameter_px : float
        Usual diameter of a particle [px]: fragments much smaller do not count.

    Returns
    -------
    ndarray of int, shape (k,)
        Counts.
    """
    inside = particles_inside(particles, corners, size, usual_diameter_px)
    return np.asarray(inside.sum(axis=1), dtype=np.int64)


def particles_inside(
    particles: ScanParticles, corners: NDArray[np.int64], size: int, usual_diameter_px: float
) -> BoolImage:
    """Tell which particles each window displays in full, shape (windows, particles)."""
    top, left, bottom, right = particles.boxes.T[:, None, :]
    x, y = corners.T[:, :, None]
    margin = RULES.border_margin_px
    inside = (left >= x + margin) & (top >= y + margin) & (right <= x + size - margin) & (bottom <= y + size - margin)
    large = particles.areas >= RULES.counted_fraction * np.pi / 4 * usual_diameter_px**2
    return np.asarray(inside & large[None, :], dtype=bool)


def patch_candidates(
    scans: Sequence[Micrograph],
    found: Sequence[ScanParticles],
    size: int,
    stride: int,
    least_particles: int,
    usual_diameter_px: float,
) -> list[Candidate]:
    """List the windows that show enough particles, in the order of scans, rows and columns."""
    candidates = []
    for scan, particles in zip(scans, found, strict=True):
        corners = window_corners(scan.pixels.shape[0], scan.pixels.shape[1], size, stride)
        for (x, y), count in zip(corners, count_full(particles, corners, size, usual_diameter_px), strict=True):
            if count >= least_particles and in_field(scan, int(x), int(y), size):
                candidates.append(Candidate(Place(scan.name, int(x), int(y)), int(count)))
    return candidates


def in_field(scan: Micrograph, x: int, y: int, size: int) -> bool:
    """Tell whether a window of a scan lies in its field as a whole."""
    return outside_share(scan, x, y, size) == 0


def outside_share(scan: Micrograph, x: int, y: int, size: int) -> float:
    """Return the share of a window of a scan that lies beyond its field."""
    return 0.0 if scan.field is None else float((~scan.field[y : y + size, x : x + size]).mean())


def background_candidates(
    scans: Sequence[Micrograph], found: Sequence[ScanParticles], size: int, stride: int
) -> list[Candidate]:
    """List the windows that show nothing that could be part of a particle."""
    candidates = []
    for scan, particles in zip(scans, found, strict=True):
        corners = window_corners(scan.pixels.shape[0], scan.pixels.shape[1], size, stride)
        for (x, y), area in zip(corners, suspicious_area(particles, corners, size), strict=True):
            if area == 0:
                candidates.append(Candidate(Place(scan.name, int(x), int(y)), 0))
    return candidates


def cut(pixels: FloatImage, place: Place, size: int) -> FloatImage:
    """Return the patch at a place, shape (size, size)."""
    return pixels[place.y : place.y + size, place.x : place.x + size]


def suspicious_area(particles: ScanParticles, corners: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return how many pixels of each window could be part of a particle, shape (k,)."""
    mask = particles.suspicion
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    table[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    x, y = corners.T
    return np.asarray(table[y + size, x + size] - table[y, x + size] - table[y + size, x] + table[y, x])
