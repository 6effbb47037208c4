"""What lies on the ground and is no particle: films of residue, and flakes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import polygon

from diffrendergan.simulator.ground import fractal_noise
from diffrendergan.simulator.settings import MicroscopeSettings

FILM_EXPONENT = 3.6
"""Decay of the power spectrum of a film's thickness: its outline is smooth, with bays and islands."""
FILM_EDGE = 0.06
"""Over how much of the thickness' spread a film fades out at its edge."""
RIM = 0.35
"""How much more of a film has dried at its edge, relative to its middle."""


def dirty_ground(rng: np.random.Generator, settings: MicroscopeSettings, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw the yield of the ground relative to that of a clean one, shape (H, W) in samples; 1 where it is clean."""
    relative = np.ones(shape, np.float32)
    if settings.film_coverage[1] == 0 and settings.flakes_per_mpx == 0:
        return relative
    covered = rng.uniform(*settings.film_coverage)
    if covered > 0:
        relative += np.float32(rng.uniform(*settings.film_yield) - 1) * _film(rng, shape, covered)
    _add_flakes(rng, settings, relative)
    return ndimage.gaussian_filter(relative, settings.oversampling / 2)


def _film(rng: np.random.Generator, shape: tuple[int, int], covered: float) -> NDArray[np.float32]:
    """Return how much residue lies where: 0 outside, about 1 inside, more at the edge, where a drop dries last."""
    depth = fractal_noise(rng, shape, FILM_EXPONENT)
    above = (depth - np.quantile(depth, 1 - covered)) / np.float32(FILM_EDGE)
    inside = 1 / (1 + np.exp(-np.clip(4 * above, -30, 30)))
    rim = np.exp(-((above - 1) ** 2))
    streaks = 1 + np.float32(0.1) * fractal_noise(rng, shape, 2.0)
    return np.asarray(inside * streaks + np.float32(RIM) * rim, np.float32)


def _add_flakes(rng: np.random.Generator, settings: MicroscopeSettings, relative: NDArray[np.float32]) -> None:
    """Lay flat flakes with corners upon the ground: as bright as particles, and without their rims."""
    samples = settings.oversampling
    count = rng.poisson(settings.flakes_per_mpx * 1e-6 * relative.size / samples**2)
    for _ in range(count):
        radius = samples * settings.diameter_nm / settings.pixel_size_nm * rng.uniform(*settings.flake_size) / 2
        corners = int(rng.integers(3, 8))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        reach = radius * rng.uniform(0.6, 1.2, corners)
        row, column = rng.uniform(0, relative.shape[0]), rng.uniform(0, relative.shape[1])
        spot = polygon(row + reach * np.sin(angles), column + reach * np.cos(angles), relative.shape)
        relative[spot] = np.float32(rng.uniform(*settings.flake_yield))
