"""Random fields of many kinds, of zero mean and unit spread: grounds, films, the matter of flakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.runs.chance import law, own

Field = NDArray[np.float32]


def power_law(shape: tuple[int, int], exponent: float, rng: np.random.Generator) -> Field:
    """Return noise whose spectral amplitude falls as frequency^−exponent, zero mean, unit spread."""
    y, x = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    amplitude = np.maximum(np.hypot(y, x), 1 / max(shape)) ** -exponent
    amplitude[0, 0] = 0
    phases = rng.normal(size=amplitude.shape) + 1j * rng.normal(size=amplitude.shape)
    return unit(np.fft.irfft2(amplitude * phases, s=shape))


def unit(values: NDArray[np.floating]) -> Field:
    """Bring to zero mean and unit spread."""
    values = values - values.mean()
    return (values / max(float(values.std()), 1e-9)).astype(np.float32)


def _clouds(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    return power_law(shape, rng.uniform(1.5, 3.0), rng)


def _fine(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    return power_law(shape, rng.uniform(0.0, 1.2), rng)


def grainy(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Band-limited noise: a film of fine grains."""
    size = rng.uniform(0.7, 3.0)
    noise = rng.normal(size=shape)
    return unit(ndimage.gaussian_filter(noise, size) - ndimage.gaussian_filter(noise, size * rng.uniform(1.4, 3.0)))


def _polished(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Scratches of one main direction."""
    field = np.zeros(shape, np.float32)
    rows, columns = np.indices(shape)
    main = rng.uniform(0, np.pi)
    count, rng = int(rng.integers(3, 40)), own(rng)
    for _ in range(count):
        angle = main + rng.normal(0, 0.1)
        away = (columns - rng.uniform(0, shape[1])) * np.sin(angle) - (rows - rng.uniform(0, shape[0])) * np.cos(angle)
        field += rng.normal() * np.exp(-0.5 * (away / rng.uniform(0.5, 2.5)) ** 2).astype(np.float32)
    return unit(field + 0.05 * rng.normal(size=shape))


def _steps(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Plane parts of different brightness: film edges, terraces, grains of a substrate."""
    warped = power_law(shape, rng.uniform(1.8, 3.0), rng)
    levels = np.floor(warped * rng.uniform(0.5, 1.5))
    soft = ndimage.gaussian_filter(levels, rng.uniform(0.4, 1.5))
    edges = np.abs(ndimage.gaussian_laplace(soft, 1.0)) * rng.uniform(0, 3)
    return unit(soft + edges + 0.1 * rng.normal(size=shape))


def holes(
    shape: tuple[int, int], count: int, radii_px: tuple[float, float], rng: np.random.Generator, repeats: bool = False
) -> NDArray[np.float64]:
    """Return round holes with soft edges, small ones and large ones as often: 1 in a hole, 0 outside, float64 (H, W).

    Parameters
    ----------
    shape : tuple of int
    count : int
        Holes, which may run into each other.
    radii_px : tuple of float
        Smallest and largest radius [px].
    rng : numpy.random.Generator
    repeats : bool
        Whether a hole that reaches over an edge goes on at the other side.
    """
    field = np.zeros(shape)
    rows, columns = np.indices(shape)
    for _ in range(count):
        radius = np.exp(rng.uniform(*np.log(radii_px)))
        right, down = columns - rng.uniform(0, shape[1]), rows - rng.uniform(0, shape[0])
        if repeats:
            half = np.array(shape) / 2
            right, down = (right + half[1]) % shape[1] - half[1], (down + half[0]) % shape[0] - half[0]
        away = np.hypot(right, down) - radius
        field = np.maximum(field, 1 / (1 + np.exp(np.clip(away / rng.uniform(0.5, 2), -30, 30))))
    return field


def _pores(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Dark holes with soft edges: filters, lacey films."""
    count, rng = int(rng.integers(2, 30)), own(rng)
    field = -holes(shape, count, (2, 25), rng).astype(np.float32)
    return unit(field + 0.05 * rng.normal(size=shape))


def _ripples(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    rows, columns = np.indices(shape)
    angle, length = rng.uniform(0, np.pi), rng.uniform(4, 60)
    phase = (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / length
    return unit(np.sin(phase + power_law(shape, 2.5, rng) * rng.uniform(0, 3)) + 0.1 * rng.normal(size=shape))


Kinds = tuple[tuple[float, Callable[[tuple[int, int], np.random.Generator], Field]], ...]

KINDS: Kinds = (
    (3.0, _clouds),
    (2.0, _fine),
    (2.0, grainy),
    (0.6, _polished),
    (0.8, _steps),
    (0.5, _pores),
    (0.3, _ripples),
)
"""Kinds of texture, and how often each is drawn."""


WITHOUT_PORES: Kinds = tuple(kind for kind in KINDS if kind[1] is not _pores)
"""For scans of unknown samples: dark holes look like particles in transmission."""


def texture(shape: tuple[int, int], rng: np.random.Generator, kinds: Kinds = KINDS) -> Field:
    """Return a ground of one of some kinds or a mixture of two, zero mean and unit spread, float32 (H, W)."""
    weights = np.array([weight for weight, _ in kinds])
    count = 1 if rng.random() < 0.6 else 2
    chosen = law(rng).choice(len(kinds), count, p=weights / weights.sum())
    return unit(sum(rng.uniform(0.3, 1.0) * kinds[i][1](shape, rng) for i in chosen))
