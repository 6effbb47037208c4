"""What is not even in images of the generalist's training: light that falls off, clouds, streaks of charge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.imaging.fields import power_law
from diffrendergan.runs.chance import own

Field = NDArray[np.float32]

TILTED = 0.25
"""Share of images that are brighter on one side."""
CLOUDED = 0.2
"""Share of images with wide clouds of brightness."""
STREAKED = 0.08
"""Share of images with streaks along scan lines."""


def unevenly_lit(radiance: Field, rng: np.random.Generator) -> Field:
    """Return radiance (H, W) times a plane and times clouds, at times."""
    height, width = radiance.shape
    light = np.ones((height, width))
    if rng.random() < TILTED:
        turn, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
        rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
        light = light + strength * (np.cos(turn) * columns + np.sin(turn) * rows)
    if rng.random() < CLOUDED:
        light = light * (1 + rng.uniform(0.02, 0.15) * power_law((height, width), 2.5, rng))
    return (radiance * np.clip(light, 0.2, None)).astype(np.float32)


def streaked(image: Field, rng: np.random.Generator) -> Field:
    """Return an image (H, W) with streaks along some lines at times: charge that flows off."""
    if rng.random() >= STREAKED:
        return image
    strength, length = rng.uniform(0.05, 0.4), float(np.exp(rng.uniform(np.log(40), np.log(300))))
    bright = rng.random()
    count, rng = int(rng.integers(3, 21)), own(rng)
    spread = float(np.ptp(np.percentile(image, [2, 98])))
    charged, columns = image.copy(), np.arange(image.shape[1])
    for _ in range(count):
        row, start = int(rng.integers(image.shape[0])), rng.uniform(-0.3, 1) * image.shape[1]
        tail = np.where(columns >= start, np.exp(-np.maximum(columns - start, 0) / length), 0)
        sign = 1 if rng.random() < bright else -1
        charged[row : row + int(rng.integers(1, 5))] += (sign * strength * spread * tail).astype(np.float32)
    return charged
