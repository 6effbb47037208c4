"""Crops and imaging conditions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.segmentation.unet.augmentation import (
    ASPECT,
    Window,
    draw_window,
    gradient,
    streaks,
    take_labels,
    take_pixels,
    vary_imaging,
)


def test_strength_zero_copies_pixels(disks):
    image = disks(0)
    rng = np.random.default_rng(0)
    window = draw_window(image.pixels.shape, 32, 0, rng)
    pixels, labels = take_pixels(image.pixels, window), take_labels(image.instances, window)
    row, column = int(window.rows[0]), int(window.columns[0])
    part = np.s_[row : row + 32, column : column + 32]
    turned = np.rot90(image.pixels[part], window.turns)
    assert np.array_equal(pixels, turned[:, ::-1] if window.mirror else turned)
    assert set(np.unique(labels)) == set(np.unique(image.instances[part]))
    assert vary_imaging(pixels, 0, rng) is pixels


def test_pixels_and_labels_move_together():
    labels = np.zeros((40, 60), np.int32)
    labels[10:25, 20:50] = 1
    for seed in range(20):
        window = draw_window(labels.shape, 32, 1, np.random.default_rng(seed))
        pixels = take_pixels(labels.astype(np.float32), window)
        assert np.array_equal(pixels > 0.5, take_labels(labels, window) > 0) or (
            np.mean((pixels > 0.5) != (take_labels(labels, window) > 0)) < 0.02
        )


def test_magnification_by_hand():
    # Twice magnified, each pixel becomes 2 x 2; linear in between.
    window = Window(np.arange(4) / 2 - 0.25, np.arange(4) / 2 - 0.25, 0, False)
    assert take_labels(np.array([[1, 2], [3, 4]], np.int32), window).tolist() == [
        [1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4],
    ]  # fmt: skip
    ramp = np.array([[0, 1], [0, 1]], np.float32)
    assert take_pixels(ramp, window)[0] == pytest.approx([0, 0.25, 0.75, 1])


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 70), st.integers(1, 70), st.floats(0, 1), st.integers(0, 1000))
def test_any_image_fills_the_crop_with_its_own_values(height, width, strength, seed):
    labels = np.arange(height * width, dtype=np.int32).reshape(height, width)
    window = draw_window(labels.shape, 32, strength, np.random.default_rng(seed))
    crop = take_labels(labels, window)
    assert crop.shape == (32, 32)
    assert 0 <= crop.min() <= crop.max() < height * width
    pixels = take_pixels(labels.astype(np.float32), window)
    assert pixels.shape == (32, 32)
    assert pixels.dtype == np.float32
    assert 0 <= pixels.min() <= pixels.max() < height * width


def test_ranges_of_scale_and_aspect_are_reached_and_kept():
    scales, aspects = [], []
    for seed in range(300):
        window = draw_window((100, 100), 32, 1, np.random.default_rng(seed))
        rows, columns = (1 / (places[1] - places[0]) for places in (window.rows, window.columns))
        scales.append(math.sqrt(rows * columns))
        aspects.append(rows / columns)
    assert 0.7 <= min(scales) < 0.73
    assert 1.35 < max(scales) <= 1.4 + 1e-9
    assert 1 / ASPECT <= min(aspects) < 0.63
    assert 1.59 < max(aspects) <= ASPECT


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1), st.integers(0, 10_000))
def test_imaging_stays_in_range_and_is_reproducible(strength, seed):
    pixels = np.random.default_rng(1).random((32, 32), dtype=np.float32)
    first = vary_imaging(pixels, strength, np.random.default_rng(seed))
    again = vary_imaging(pixels, strength, np.random.default_rng(seed))
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert 0 <= first.min() <= first.max() <= 1
    assert np.array_equal(first, again)


def test_fields():
    field = gradient((50, 80), 0.1, np.random.default_rng(0))
    assert field.shape == (50, 80)
    assert np.abs(field).max() <= 0.1
    assert np.abs(np.diff(field, axis=0)).max() < 0.01  # smooth
    lines = streaks((64, 64), 0.2, np.random.default_rng(3))
    assert np.abs(np.diff(lines, axis=1)).mean() < 0.5 * np.abs(np.diff(lines, axis=0)).mean()  # horizontal
