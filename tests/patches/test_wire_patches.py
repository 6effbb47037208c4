"""Windows of wires, which cross borders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.detection.foreground import find_particles
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.wire_patches import WireScans, find_wire_scans


def scan(lines: list[tuple[float, float, float, float]], seed: int = 0, size: int = 400) -> Micrograph:
    """Draw wires of 5 px from (x, y) to (x, y), and a field of dots in the lower half."""
    rows, columns = np.mgrid[:size, :size].astype(float)
    image = np.full((size, size), 0.3)
    for x1, y1, x2, y2 in lines:
        length = np.hypot(x2 - x1, y2 - y1)
        along = ((columns - x1) * (x2 - x1) + (rows - y1) * (y2 - y1)) / length
        aside = ((columns - x1) * (y2 - y1) - (rows - y1) * (x2 - x1)) / length
        image[(np.abs(aside) <= 2.5) & (along >= 0) & (along <= length)] = 0.7
    for x in range(40, size, 80):
        image[(rows - 350) ** 2 + (columns - x) ** 2 <= 16] = 0.7
    image = ndimage.gaussian_filter(image, 0.8) + np.random.default_rng(seed).normal(0, 0.02, image.shape)
    return Micrograph(f"scan {seed}", image.clip(0, 1).astype(np.float32), None, Path("none.tif"), 8)


@pytest.fixture(scope="module")
def found() -> tuple[list[Micrograph], WireScans]:
    scans = [scan([(-5, 60, 405, 70), (20, 100, 200, 108)]), scan([], seed=1)]
    particles, _ = find_particles(scans, False)
    wires = find_wire_scans(scans, particles, False)
    assert wires is not None
    return scans, wires


def test_windows_with_wires_are_found_though_none_lies_in_them(found: tuple[list[Micrograph], WireScans]) -> None:
    scans, wires = found
    one, two = (wires.candidates(scans, 128, 32, least) for least in (1, 2))
    assert one and two and len(two) < len(one)
    assert {candidate.place.scan for candidate in one} == {"scan 0"}
    # Dots are no wires.
    assert all(candidate.place.y <= 160 for candidate in one)
    assert all(candidate.place.x <= 180 for candidate in two)


def test_counts_of_single_windows(found: tuple[list[Micrograph], WireScans]) -> None:
    _, wires = found
    corners = np.array([[0, 0], [260, 40], [260, 250]])
    np.testing.assert_array_equal(wires.displayed("scan 0", corners, 128), [2, 1, 0])


def test_wires_as_particles(found: tuple[list[Micrograph], WireScans]) -> None:
    _, wires = found
    first, second = wires.particles
    assert first.labels.max() == len(first.areas) == len(first.boxes) == len(wires.wires["scan 0"])
    assert (first.suspicion >= (first.labels > 0)).all() and second.suspicion[350, 40]


def test_no_wires_at_all() -> None:
    scans = [scan([], seed=2)]
    particles, _ = find_particles(scans, False)
    assert find_wire_scans(scans, particles, False) is None
