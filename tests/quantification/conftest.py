"""Shapes of known size, rasterised as a microscope would: a pixel belongs to a shape if its centre does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def grid(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of pixel centres, from the outer corner of the first pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return x + 0.5, y + 0.5


def turned(shape: tuple[int, int], centre: tuple[float, float], degrees: float) -> tuple[NDArray, NDArray]:
    x, y = grid(shape)
    angle = np.radians(degrees)
    across, up = x - centre[0], centre[1] - y
    return across * np.cos(angle) + up * np.sin(angle), up * np.cos(angle) - across * np.sin(angle)


def ellipse(
    shape: tuple[int, int], centre: tuple[float, float], major: float, minor: float, degrees: float = 0
) -> Mask:
    u, v = turned(shape, centre, degrees)
    return (2 * u / major) ** 2 + (2 * v / minor) ** 2 < 1


def bar(shape: tuple[int, int], centre: tuple[float, float], length: float, width: float, degrees: float = 0) -> Mask:
    """A bar turned counter-clockwise from the rows."""
    u, v = turned(shape, centre, degrees)
    return (np.abs(u) < length / 2) & (np.abs(v) < width / 2)


def ring(shape: tuple[int, int], centre: tuple[float, float], radius: float, width: float) -> Mask:
    x, y = grid(shape)
    return np.abs(np.hypot(x - centre[0], y - centre[1]) - radius) < width / 2


@pytest.fixture(scope="session")
def draw() -> SimpleNamespace:
    """Functions that draw a shape."""
    functions: dict[str, Callable[..., Mask]] = {"ellipse": ellipse, "bar": bar, "ring": ring}
    return SimpleNamespace(**functions)
