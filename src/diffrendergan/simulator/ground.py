"""The ground: a light, conductive film with fractal roughness, low grains and dimples, and faint scratches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from diffrendergan.simulator.settings import MicroscopeSettings


def make_ground(rng: np.random.Generator, settings: MicroscopeSettings, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw a height field of mean zero [samples], of the given shape."""
    scale = settings.samples_per_nm
    height = settings.roughness_nm * scale * fractal_noise(rng, shape, settings.roughness_exponent)
    _add_grains(rng, settings, height)
    _add_scratches(rng, settings, height)
    return height - height.mean(dtype=np.float64).astype(np.float32)


def fractal_noise(rng: np.random.Generator, shape: tuple[int, int], exponent: float) -> NDArray[np.float32]:
    """Draw a Gaussian field of unit variance whose power falls as frequency^(−exponent), shape (H, W)."""
    rows, columns = (fft.next_fast_len(n, real=True) for n in shape)
    noise = rng.standard_normal((rows, columns), dtype=np.float32)
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None]).astype(np.float32)
    frequency[0, 0] = np.inf
    # Below the longest wave of a shape 256 samples wide the spectrum is flat, so that no slope fills the scan.
    spectrum = fft.rfft2(noise) * np.maximum(frequency, 1 / 256) ** np.float32(-exponent / 2)
    field = fft.irfft2(spectrum, s=(rows, columns))[: shape[0], : shape[1]]
    return np.asarray(field / field.std(), np.float32)


def _add_grains(rng: np.random.Generator, settings: MicroscopeSettings, height: NDArray[np.float32]) -> None:
    """Raise flat-topped grains and sink dimples: only their rims will show, as faint rings and arcs."""
    scale, samples = settings.samples_per_nm, settings.oversampling
    count = rng.poisson(settings.grains_per_mpx * 1e-6 * height.size / samples**2)
    for _ in range(count):
        radius = samples * np.exp(rng.normal(np.log(5.0), 0.4))
        rim = samples * rng.uniform(0.6, 1.6)
        low, high = settings.grain_height_nm
        # Squared: most grains are barely seen.
        level = (low + (high - low) * rng.random() ** 2) * scale * (1 if rng.random() < 0.7 else -1)
        row, column = rng.uniform(0, height.shape[0]), rng.uniform(0, height.shape[1])
        angle, stretch, wave = rng.uniform(0, np.pi), rng.uniform(1.0, 1.7), rng.uniform(0, 0.2)
        lean = rng.uniform(-0.8, 0.8)
        reach = int(radius * stretch * 1.3 + 3 * rim) + 1
        top, left = max(int(row) - reach, 0), max(int(column) - reach, 0)
        window = height[top : int(row) + reach + 1, left : int(column) + reach + 1]
        if not window.size:
            continue
        y, x = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]].astype(np.float32)
        y, x = y - row, x - column
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        distance = np.hypot(along / stretch, across)
        bumpy = radius * (1 + wave * np.cos(3 * np.arctan2(across, along) + angle))
        plateau = 0.5 - 0.5 * np.tanh((distance - bumpy) / rim)
        # A grain that leans shows an arc instead of a ring.
        window += np.float32(level) * plateau * (1 + np.float32(lean / radius) * along / stretch)


def _add_scratches(rng: np.random.Generator, settings: MicroscopeSettings, height: NDArray[np.float32]) -> None:
    """Cut a few shallow grooves along slightly bent lines that begin and end somewhere."""
    samples, scale = settings.oversampling, settings.samples_per_nm
    grooves = np.zeros_like(height)
    for _ in range(int(rng.integers(settings.scratches[0], settings.scratches[1] + 1))):
        start = rng.uniform((0, 0), height.shape)
        length = samples * rng.uniform(30, 260)
        heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.02, max(int(length), 2)))
        rows = np.rint(start[0] + np.cumsum(np.sin(heading))).astype(int)
        columns = np.rint(start[1] + np.cumsum(np.cos(heading))).astype(int)
        kept = (rows >= 0) & (rows < height.shape[0]) & (columns >= 0) & (columns < height.shape[1])
        fade = np.sin(np.linspace(0, np.pi, len(heading)))[kept]
        depth = rng.uniform(*settings.scratch_depth_nm) * scale
        spot = (rows[kept], columns[kept])
        grooves[spot] = np.maximum(grooves[spot], depth * fade)
    width = 0.6 * samples
    # Blurring a line one sample wide divides its depth by about this.
    height -= ndimage.gaussian_filter(grooves, width) * np.float32(width * np.sqrt(2 * np.pi))
