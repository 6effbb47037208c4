"""Text drawn into a scan, with a bar and without."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from diffrendergan.micrographs.burnt_in import MARGIN_PX, find_burnt_in

SHAPE = (240, 320)
FIELD = np.ones(SHAPE, bool)


def ground(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 8, SHAPE).clip(20, 230).astype(np.uint8)


def ink(text: str, at: tuple[int, int], size: int, smooth: bool = False) -> np.ndarray:
    """Return how much of each pixel text covers, in [0, 1]."""
    image = Image.new("L", SHAPE[::-1])
    draw = ImageDraw.Draw(image)
    draw.fontmode = "L" if smooth else "1"
    draw.text(at, text, fill=255, font=ImageFont.load_default(size))
    return np.asarray(image) / 255


def with_ink(scan: np.ndarray, covered: np.ndarray, value: int) -> np.ndarray:
    return np.round(scan * (1 - covered) + value * covered).astype(np.uint8)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("row", [200, 110])
@pytest.mark.parametrize(
    ("text", "size", "smooth"), [("200 nm", 14, False), ("20 kV x50k", 18, False), ("1 µm", 24, True)]
)
def test_text_without_a_bar_is_found_and_nothing_else(value: int, row: int, text: str, size: int, smooth: bool) -> None:
    covered = ink(text, (30, row), size, smooth)
    drawn = find_burnt_in(with_ink(ground(), covered, value), FIELD)
    assert drawn is not None
    assert drawn[covered > 0].all()
    near = ndimage.binary_dilation(covered > 0, np.ones((3, 3), bool), iterations=MARGIN_PX + size)
    assert not drawn[~near].any()


def test_large_letters_of_a_small_figure_are_found() -> None:
    covered = np.maximum(ink("2.0 µm", (100, 160), 50, True), 0)
    covered[225:234, 100:260] = 1
    drawn = find_burnt_in(with_ink(ground(), covered, 255), FIELD)
    assert drawn is not None and drawn[covered > 0].all()
    assert 0.05 < drawn.mean() < 0.2


@pytest.mark.parametrize("value", [2, 250])
@pytest.mark.parametrize("quality", [90, 95])
def test_text_and_bar_in_a_lossy_file_are_found(value: int, quality: int) -> None:
    covered = np.maximum(ink("500 nm", (200, 190), 22, True), 0)
    covered[218:224, 205:285] = 1
    smooth = ndimage.gaussian_filter(ground().astype(float), 1)
    buffer = io.BytesIO()
    Image.fromarray(with_ink(smooth, covered, value)).save(buffer, "JPEG", quality=quality)
    scan = np.asarray(Image.open(buffer))
    assert len(np.unique(scan[covered == 1])) > 3  # of no one value any more
    drawn = find_burnt_in(scan, FIELD)
    assert drawn is not None and drawn[covered > 0.5].mean() > 0.95
    assert not drawn[:170].any() and not drawn[:, :180].any()


def test_bright_spots_of_a_saturated_scan_are_no_text() -> None:
    """Thin streaks with feet at one height, as text has, among many others."""
    rng = np.random.default_rng(5)
    scan = ground().astype(float)
    for _ in range(300):
        row, column, length = rng.integers(5, 230), rng.integers(5, 310), rng.integers(8, 16)
        scan[row : row + length, column : column + 2] = rng.uniform(248, 255)
    for column in (40, 48, 56, 64):
        scan[205:220, column : column + 2] = 251
        scan[218:220, column : column + 6] = 251
    assert find_burnt_in(scan.astype(np.uint8), FIELD) is None


def test_what_looks_a_little_like_text_is_left() -> None:
    """Saturated particles in a row, blurred rods, two letters, and text amid a scan of a lossy file."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    discs = sum(np.hypot(columns - x, rows - 40) <= 7 for x in (40, 60, 80, 100)) > 0
    solid = with_ink(ground(), discs.astype(float), 255)
    rods = np.isin(columns, [40, 41, 50, 51, 60, 61]) & (rows > 30) & (rows < 50)
    blurred = np.clip(ground() + 400 * ndimage.gaussian_filter(rods.astype(float), 1.5), 0, 255).astype(np.uint8)
    two = with_ink(ground(), ink("nm", (30, 200), 20), 255)
    amid = with_ink(ground(), ndimage.gaussian_filter(ink("200 nm", (30, 110), 14), 0.4), 255)
    for scan in (ground(), solid, blurred, two, amid):
        assert find_burnt_in(scan, FIELD) is None


def test_a_ground_that_is_clipped_is_no_text() -> None:
    clipped = np.random.default_rng(3).normal(-4, 8, SHAPE).clip(0, 255).astype(np.uint8)
    clipped[60:90, 60:90] = 200
    assert find_burnt_in(clipped, FIELD) is None
