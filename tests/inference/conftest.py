"""Made-up sets of scans in which the search joins every third pair of particles, and more where it is unsure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage.draw import disk

from diffrendergan.detection.particle_table import tabulate
from diffrendergan.inference.examples import Examples
from diffrendergan.inference.seen import SeenScan, see
from diffrendergan.inference.truth import TrueScan, true_scan
from diffrendergan.micrographs.types import Micrograph

STATISTICS = 3


def discs(radii, size=160, seed=0, gap=3):
    """Labels of discs that do not touch, in a grid, (size, size)."""
    labels = np.zeros((size, size), np.int32)
    rng = np.random.default_rng(seed)
    step = int(2 * max(radii) + gap)
    places = [(row, column) for row in range(step // 2, size, step) for column in range(step // 2, size, step)]
    for number, (place, radius) in enumerate(zip(places, rng.permutation(np.resize(radii, len(places))), strict=True)):
        labels[disk(place, radius, shape=labels.shape)] = number + 1
    return labels


def scan_of(labels, surety=0.95, magnification=1.0, seed=0) -> tuple[SeenScan, TrueScan]:
    """A scan that was seen as it is."""
    noise = np.random.default_rng(seed).normal(0, 0.02, labels.shape)
    pixels = (np.where(labels > 0, 0.7, 0.2) + noise).astype(np.float32)
    scan = Micrograph("a", pixels, None, Path(), 8)
    table = tabulate(labels, scan.pixels, 0, None, True)
    return see(table, labels, scan.pixels, surety, magnification), true_scan(labels)


@pytest.fixture(scope="session")
def examples() -> Examples:
    """Found sizes are too large by what one statistic tells, and scatter by what another tells."""
    rng = np.random.default_rng(0)
    count = 400
    statistics = rng.normal(size=(count, STATISTICS))
    found = rng.normal([3.4, -1.0, -1.0, 0.0, 5.0], [0.6, 0.3, 0.3, 1.0, 1.0], (count, 5))
    scatter = np.where(statistics[:, 1] > 0, 0.3, 0.03)[:, None] * rng.normal(size=(count, 5))
    true = found + scatter
    true[:, 0] -= 0.4 * (statistics[:, 0] > 0)
    group = np.arange(count)
    names = tuple(f"s{number}" for number in range(STATISTICS))
    return Examples(statistics, names, found, true, group, np.ones(count), np.ones(count, bool))
