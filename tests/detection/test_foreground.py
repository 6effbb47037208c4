from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixtures.scans import draw_discs, grid_of_discs

from diffrendergan.detection.foreground import find_particles, usual_diameter
from diffrendergan.detection.grey_levels import li_threshold
from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph


def micrograph(pixels: np.ndarray, name: str = "a") -> Micrograph:
    return Micrograph(name, pixels.astype(np.float32), None, Path(f"{name}.tif"), 8)


@given(radius=st.integers(5, 20), seed=st.integers(0, 50), dark=st.booleans())
@settings(max_examples=10, deadline=None)
def test_separate_discs_are_counted_and_measured(radius, seed, dark):
    discs = grid_of_discs((200, 260), 4 * radius, radius, radius // 3, seed)
    whole = [d for d in discs if radius < d[0] < 260 - radius and radius < d[1] < 200 - radius]
    pixels = draw_discs((200, 260), discs, seed)
    found, _ = find_particles([micrograph(1 - pixels if dark else pixels)], dark)
    centres = [found[0].labels[int(y), int(x)] for x, y, _ in whole]
    assert 0 not in centres and len(set(centres)) == len(whole)
    assert usual_diameter(found) == pytest.approx(2 * radius, abs=2)  # Li's threshold lies low on blurred edges


def test_touching_discs_are_cut():
    discs = [(60, 60, 20), (96, 60, 20), (78, 92, 20), (160, 120, 20)]
    found, _ = find_particles([micrograph(draw_discs((180, 220), discs))], False)
    assert len(found[0].areas) == 4
    assert len({int(found[0].labels[y, x]) for x, y, _ in discs}) == 4


def test_background_within_a_ring_of_particles_stays_background():
    ring = [(100 + 60 * np.cos(a), 100 + 60 * np.sin(a), 20) for a in np.arange(0, 2 * np.pi, np.pi / 5)]
    found, _ = find_particles([micrograph(draw_discs((200, 200), ring))], False)
    assert found[0].labels[100, 100] == 0
    assert found[0].labels[100, 160] > 0


def test_dim_middles_are_filled():
    scan = draw_discs((120, 120), [(60, 60, 25)], particle=0.8)
    rows, columns = np.mgrid[:120, :120]
    scan[(rows - 60) ** 2 + (columns - 60) ** 2 < 12**2] = 0.42
    found, _ = find_particles([micrograph(scan)], False)
    assert found[0].labels[60, 60] > 0


def test_an_empty_scan_among_others_has_no_particles():
    scans = [micrograph(draw_discs((200, 200), grid_of_discs((200, 200), 50, 10, 3, 1))) for _ in range(2)]
    empty = micrograph(draw_discs((200, 200), [], 5), "empty")
    found, _ = find_particles([*scans, empty], False)
    assert len(found[2].areas) == 0 and not found[2].suspicion.any()


def test_noise_alone_is_an_error():
    with pytest.raises(DataError, match="no particle stands out"):
        find_particles([micrograph(draw_discs((150, 150), [], 2))], False)


def test_suspicion_covers_dim_particles():
    scan = draw_discs((200, 200), [(60, 60, 15), (60, 140, 15), (140, 60, 15)])
    scan += 0.12 * draw_discs((200, 200), [(140, 140, 15)], background=0, particle=1, noise=0)
    found, _ = find_particles([micrograph(scan)], False)
    assert found[0].suspicion[140, 140]


def in_two_greys() -> np.ndarray:
    """Bright particles on dim ones that cover a scan but for gaps."""
    bright = draw_discs(
        (240, 240), grid_of_discs((240, 240), 40, 14, 0, 0), 0, background=0.2, particle=0.9, noise=0.01
    )
    bright[98:108] = bright[:, 120:126] = 0.02
    return np.clip(bright + np.random.default_rng(1).normal(0, 0.003, bright.shape), 0, 1)


def test_crowds_are_told_also_where_some_particles_stand_out(notes):
    found, scale = find_particles([micrograph(in_two_greys())], False, notes)
    assert len(found[0].areas) >= 5 and scale.crowded
    assert [line for line in notes.lines if line.startswith("Particles seem to cover most")]
    sparse = micrograph(draw_discs((240, 240), grid_of_discs((240, 240), 60, 10, 3, 0)))
    notes.lines.clear()
    assert not find_particles([sparse, sparse, micrograph(in_two_greys())], False, notes)[1].crowded
    assert notes.lines == []


def test_li_threshold_known_answer_and_flat_input():
    values = np.r_[np.full(900, 0.2), np.full(100, 0.8)].astype(np.float32)
    # Between two delta peaks the iteration converges at once: (b - a) / (ln b - ln a), counted from the minimum.
    assert 0.2 < li_threshold(values.reshape(10, 100)) < 0.8
    assert np.isfinite(li_threshold(np.zeros((5, 5), np.float32)))


def test_li_threshold_agrees_with_scikit_image():
    from skimage.filters import threshold_li

    pixels = np.round(draw_discs((100, 100), [(50, 50, 20)], noise=0.05) * 255) / 255
    assert li_threshold(pixels.astype(np.float32)) == pytest.approx(threshold_li(pixels), abs=0.003)
