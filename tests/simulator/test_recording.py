"""Beam, scan path, charging, noise: statistics and known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.simulator.recording import (
    ScanPath,
    charge,
    count_electrons,
    detect,
    draw_path,
    focus,
    scan,
    scan_labels,
)
from diffrendergan.simulator.settings import MicroscopeSettings

SMALL = MicroscopeSettings(width=64, height=64, data_bar=0, margin_px=8)
STILL = ScanPath(np.zeros(64, np.float32), np.zeros(64, np.float32))
SIDE = (64 + 16) * 2


@pytest.mark.parametrize("signal", [0.1, 0.5])
@pytest.mark.parametrize("dose", [50.0, 800.0])
def test_shot_noise_is_poisson(signal: float, dose: float) -> None:
    drawn = count_electrons(np.random.default_rng(0), np.full((200, 200), signal, np.float32), dose)
    variance = signal / dose
    # Five standard errors; that of a Poisson variance is sqrt((2 + 1/λ) / N) of it.
    assert drawn.mean() == pytest.approx(signal, abs=5 * np.sqrt(variance / drawn.size))
    assert drawn.var() == pytest.approx(variance, rel=5 * np.sqrt((2 + 1 / (signal * dose)) / drawn.size))


def test_more_electrons_less_noise() -> None:
    image = np.full((100, 100), 0.3, np.float32)
    few, many = (count_electrons(np.random.default_rng(0), image, dose).std() for dose in (100.0, 400.0))
    assert few / many == pytest.approx(2, rel=0.1)


def test_beam_keeps_the_current_and_has_its_width() -> None:
    spot = np.zeros((121, 121), np.float32)
    spot[60, 60] = 1
    y, x = np.mgrid[-60:61, -60:61]
    core = focus(spot, 3.0, 2.0, 0.0)
    assert core.sum() == pytest.approx(1, rel=1e-3)
    assert np.sqrt((core * y**2).sum()) == pytest.approx(3, rel=0.02)
    assert np.sqrt((core * x**2).sum()) == pytest.approx(2, rel=0.02)
    tailed = focus(spot, 3.0, 2.0, 0.2)
    assert tailed.sum() == pytest.approx(1, rel=1e-2) and tailed[60, 80] > core[60, 80]


def test_a_still_scan_averages_the_samples_of_each_pixel() -> None:
    field = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    inner = field[16:-16, 16:-16]
    np.testing.assert_allclose(scan(field, STILL, SMALL), inner.reshape(64, 2, 64, 2).mean((1, 3)), rtol=1e-5)


def test_displaced_rows_move_image_and_labels_together() -> None:
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[40:120, 50:100] = 7
    path = ScanPath(np.zeros(64, np.float32), np.linspace(-5, 5, 64, dtype=np.float32))
    image = scan((labels > 0).astype(np.float32), path, SMALL)
    truth = scan_labels(labels, path, SMALL)
    assert set(np.unique(truth)) == {0, 7}
    np.testing.assert_array_equal(truth[image > 0.75], 7)
    np.testing.assert_array_equal(truth[image < 0.25], 0)
    assert np.nonzero(truth[20])[0][0] > np.nonzero(truth[40])[0][0]


def test_most_samples_decide_and_ties_go_to_the_top() -> None:
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[16, 16:20] = 3  # half of pixels (0, 0) and (0, 1)
    labels[17, 18] = 5  # and then 2 × 3, 1 × 5, 1 × 0 in (0, 1)
    labels[18, 16], labels[18, 17], labels[19, 16] = 2, 2, 9  # (1, 0): 2, 2, 9, 0
    truth = scan_labels(labels, STILL, SMALL)
    assert (truth[0, 0], truth[0, 1], truth[1, 0]) == (3, 3, 2)


def test_drift_stays_within_the_margin() -> None:
    wild = replace(SMALL, drift_px=100.0)
    path = draw_path(np.random.default_rng(0), wild)
    assert max(np.abs(path.down).max(), np.abs(path.right).max()) <= wild.margin_px / 2
    calm = draw_path(np.random.default_rng(0), replace(SMALL, drift_px=0.0, jitter_px=0.0))
    assert not calm.down.any() and not calm.right.any()


def test_charging_leaves_a_fading_streak_behind_particles_only() -> None:
    image = np.full((40, 200), 0.1, np.float32)
    image[15:25, 50:80] = 0.5
    charged = charge(image, 0.1, SMALL)
    np.testing.assert_allclose(charged[:, :50], image[:, :50], atol=1e-6)
    assert charged[20, 85] < charged[20, 150] < 0.1
    assert charged[2, 100] == pytest.approx(0.1, rel=1e-3)
    assert 0.6 < charged[20, 85] / 0.1 < 0.99


def test_grey_values_saturate_and_are_scaled() -> None:
    quiet = replace(SMALL, row_noise=0.0, detector_noise=0.0)
    image = np.array([[0.0, 0.5, 1.0, 3.0]], np.float32)
    grey = detect(np.random.default_rng(0), image, contrast=0.5, brightness=0.1, settings=quiet)
    np.testing.assert_array_equal(grey, [[26, 89, 153, 255]])
