"""Spheres with a rough surface."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from diffrendergan.particles.grid import Points, Surface, sphere_grid

WAVES = 16
"""Plane waves in an octave."""
PERSISTENCE = 0.4
"""Amplitude of an octave over that of the one before, which is twice as long."""
WAVE_VERTICES = 3
"""Shortest wave, in distances of vertices."""


def irregular(faces: int, roughness: float, wavelength: float, rng: np.random.Generator) -> Surface:
    """Return a sphere whose radius varies by smooth noise over several octaves; all of it can be seen from within.

    Parameters
    ----------
    faces
        Wanted number of triangles (see `sphere_grid`).
    roughness
        Standard deviation of the radius over its mean, at most 0.5.
    wavelength
        Longest wave [mean radii].
    rng
        Source of all randomness.

    Notes
    -----
    The radius is the exponential of the noise: it is never below zero, and lumps stand out more than hollows.
    """
    directions, triangles = sphere_grid(faces)
    field = noise(directions, wavelength, WAVE_VERTICES * np.sqrt(4 * np.pi / len(directions)), rng)
    if roughness == 0:
        return directions, triangles

    def excess(strength: float) -> float:
        radius = np.exp(strength * field)
        return float(radius.std() / radius.mean() - roughness)

    # As large as asked, whatever the distribution of the noise.
    strength = brentq(excess, 0.0, 8.0)
    return directions * np.exp(strength * field)[:, None], triangles


def noise(points: Points, longest: float, shortest: float, rng: np.random.Generator) -> Points:
    """Return a sum of plane waves of halving length at points (n, 3), of mean 0 and standard deviation 1, (n,)."""
    total, length, amplitude = np.zeros(len(points)), longest, 1.0
    while True:
        directions = rng.normal(size=(WAVES, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        phase = points @ directions.T * (2 * np.pi / length) + rng.uniform(0, 2 * np.pi, WAVES)
        total += amplitude * (np.sin(phase) @ rng.normal(size=WAVES))
        length, amplitude = length / 2, amplitude * PERSISTENCE
        if length < shortest:
            break
    return (total - total.mean()) / total.std()
