"""The windows that a scan's kind is told from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diffrendergan.generalist.kinds.windows import windows_of
from diffrendergan.micrographs.types import Micrograph


def scan(shape, field=None):
    pixels = np.random.default_rng(0).normal(0.4, 0.05, shape).astype(np.float32)
    return Micrograph("a", pixels, None, Path("a.tif"), 8, field=field)


def test_windows_show_particles_and_lie_in_the_field():
    labels = np.zeros((600, 900), np.int32)
    labels[300:420, 700:800] = 1
    made = scan(labels.shape)
    made.pixels[labels > 0] = 0.9
    (window,) = windows_of(made, labels, 1)
    assert window.shape == (256, 256) and window.dtype == np.float32
    assert abs(window.mean() - 0.5) < 0.05 and window.max() > 1
    field = np.ones(labels.shape, bool)
    field[:, 500:] = False
    made.pixels[:, 500:] = 0.9
    (window,) = windows_of(scan(labels.shape, field), np.zeros_like(labels), 1)
    assert window.max() < 3


def test_small_scans_are_mirrored_and_large_particles_made_smaller():
    assert windows_of(scan((100, 300)), np.zeros((100, 300), np.int32)).shape == (2, 256, 256)
    labels = np.zeros((1024, 1024), np.int32)
    labels[100:700, 100:700] = 1
    made = scan(labels.shape)
    made.pixels[labels > 0] = 0.9
    (window,) = windows_of(made, labels, 1)
    assert 0.1 < (window > 0.7).mean() < 0.5
