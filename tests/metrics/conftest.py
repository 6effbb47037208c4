"""Shapes whose areas and overlaps are easily counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

Draw = Callable[..., np.ndarray]


def draw_square(top: int, left: int, edge: int = 10, shape: tuple[int, int] = (30, 40), number: int = 1) -> np.ndarray:
    labels = np.zeros(shape, np.int32)
    labels[top : top + edge, left : left + edge] = number
    return labels


def draw_disk(row: float, column: float, radius: float, shape: tuple[int, int] = (60, 60)) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).astype(np.int32)


def draw_scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return annotated disks, and a prediction of them with shifts, misses and mergers."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:96, :96]
    true, pred = np.zeros((2, 96, 96), np.int32)
    for number in range(1, int(rng.integers(4, 25))):
        centre, radius = rng.uniform(16, 80, 2), rng.uniform(3, 12)
        true[np.hypot(rows - centre[0], columns - centre[1]) <= radius] = number
        if rng.random() < 0.85:
            centre, radius = centre + rng.normal(0, 1.5, 2), radius * rng.uniform(0.8, 1.2)
            merged = number > 1 and rng.random() < 0.1
            pred[np.hypot(rows - centre[0], columns - centre[1]) <= radius] = number - merged
    return true, pred


@pytest.fixture
def square() -> Draw:
    return draw_square


@pytest.fixture
def disk() -> Draw:
    return draw_disk


@pytest.fixture
def scene() -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    return draw_scene
