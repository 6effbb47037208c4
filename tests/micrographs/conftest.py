"""Virtual scans with known particles, small enough for fast tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Scan = NDArray[np.float32]


def draw_discs(
    shape: tuple[int, int],
    discs: Sequence[tuple[float, float, float]],
    seed: int = 0,
    background: float = 0.2,
    particle: float = 0.7,
    noise: float = 0.03,
) -> Scan:
    """Bright (or dark) discs (x, y, radius) on a noisy ground, blurred a little."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    scan = np.full(shape, background)
    for x, y, radius in discs:
        scan[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = particle
    scan = ndimage.gaussian_filter(scan, 0.7) + np.random.default_rng(seed).normal(0, noise, shape)
    return np.clip(scan, 0, 1).astype(np.float32)


def to_8_bit(scan: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.round(scan * 255).astype(np.uint8)


def add_bar(scan: NDArray[np.uint8], rows: int, ground: int, ink: int, line: bool = False) -> NDArray[np.uint8]:
    """Put a data bar with text and a scale bar below a scan."""
    width = scan.shape[1]
    bar = Image.new("L", (width, rows), ground)
    draw = ImageDraw.Draw(bar)
    if line:
        draw.line([(0, 0), (width, 0)], fill=ink)
    font = ImageFont.load_default(size=max(6, rows // 4))
    for column, text in enumerate(["EHT = 20 kV", "WD = 2.8 mm", "Mag = 50 K X"]):
        draw.text((5 + column * width // 4, rows * 0.45), text, fill=ink, font=font, anchor="lm")
    draw.line([(width - width // 6, rows // 2), (width - 8, rows // 2)], fill=ink, width=2)
    return np.vstack([scan, np.asarray(bar)])


def grid_of_discs(
    shape: tuple[int, int], pitch: int, radius: float, jitter: int, seed: int
) -> list[tuple[float, float, float]]:
    """Separate discs on a jittered grid."""
    rng = np.random.default_rng(seed)
    return [
        (x + int(rng.integers(-jitter, jitter + 1)), y + int(rng.integers(-jitter, jitter + 1)), radius)
        for y in range(pitch // 2, shape[0], pitch)
        for x in range(pitch // 2, shape[1], pitch)
    ]


@pytest.fixture(scope="session")
def left_half_discs() -> Callable[[int], Scan]:
    """A 192×384 scan whose left part holds discs of radius 8 and whose right part is empty."""

    def make(seed: int) -> Scan:
        return draw_discs((192, 384), grid_of_discs((192, 210), 36, 8, 6, seed), seed)

    return make


@pytest.fixture
def folder(tmp_path: Path, left_half_discs: Callable[[int], Scan]) -> Path:
    """Five scans as 8-bit TIFF."""
    images = tmp_path / "images"
    images.mkdir()
    for index in range(5):
        tifffile.imwrite(images / f"scan_{index}.tif", to_8_bit(left_half_discs(index)))
    return images


class Notes:
    """A reporter that keeps its notes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def track(self, items, description, total=None):
        yield from items

    def note(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture
def notes() -> Notes:
    return Notes()
