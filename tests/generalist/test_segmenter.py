"""The packaged network on images whose truth is known, none of which is of its own making."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.generalist.segmenter import Generalist, rounded_down
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.segmentation.packaged import packaged_bytes, packaged_network, packaged_record


def scan(pixels, field=None):
    return Micrograph("s", np.clip(pixels, 0, 1).astype(np.float32), None, Path("s.tif"), 8, field=field)


def discs(radius=14, step=44, size=264):
    """Return labels of discs in rows, some of which touch."""
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.int32)
    rng = np.random.default_rng(0)
    for number, (row, column) in enumerate(np.ndindex(size // step, size // step), 1):
        at = (np.array([row, column]) + 0.5) * step + rng.uniform(-6, 6, 2)
        labels[np.hypot(y - at[0], x - at[1]) < radius * rng.uniform(0.8, 1.2)] = number
    return labels


def shaded(labels, dark=False, noise=0.04):
    inside = ndimage.distance_transform_edt(labels > 0)
    image = np.where(labels > 0, 0.75 - 0.15 * np.minimum(inside / 8, 1), 0.25)
    image = 1 - image if dark else image
    image = ndimage.gaussian_filter(image, 0.8)
    return image + np.random.default_rng(1).normal(0, noise, labels.shape)


@pytest.fixture(scope="module")
def generalist():
    return Generalist()


def test_it_is_light_and_says_how_it_was_made():
    network, info = packaged_network()
    assert sum(weights.numel() for weights in network.parameters()) <= 3_000_000
    assert len(packaged_bytes()) < 8_000_000
    assert {"commit", "seed", "prior", "steps"} <= packaged_record().keys()
    assert info.trained_on == "height-field"


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_particles_are_found_bright_or_dark(generalist, dark):
    truth = discs()
    scores = score_scan(truth, generalist.segment(scan(shaded(truth, dark))))
    assert scores.dsc > 0.93
    assert scores.ap50 > 0.85


def test_grey_range_does_not_count(generalist):
    truth = discs()
    found = generalist.segment(scan(0.1 + 0.12 * shaded(truth)))
    assert score_scan(truth, found).ap50 > 0.85


def test_large_particles_are_seen_at_a_smaller_magnification(generalist):
    truth = np.kron(discs(), np.ones((4, 4), np.int32))
    image = ndimage.zoom(shaded(discs(), noise=0), 4, order=1)
    found, best = generalist.segment_at(scan(image + np.random.default_rng(2).normal(0, 0.04, image.shape)))
    assert best.scale < 1
    assert score_scan(truth, found).ap50 > 0.7


def test_further_images_are_looked_at_as_the_scan_was(generalist):
    shown = scan(shaded(discs(size=132), dark=True))
    found, repeat = generalist.segment_and_repeat(shown)
    assert (repeat(shown.pixels) == found).all()
    # Another image, which alone would be taken for bright particles.
    assert repeat(np.full_like(shown.pixels, 0.5)).max() == 0


def test_beyond_the_field_there_is_nothing(generalist):
    truth = discs()
    field = np.ones(truth.shape, bool)
    field[:, :100] = False
    found = generalist.segment(scan(shaded(truth), field))
    assert not found[:, :100].any() and found[:, 100:].any()


def test_small_particles_are_dropped_if_asked_for():
    truth = discs()
    found = Generalist(min_region_px=500).segment(scan(shaded(truth)))
    areas = np.bincount(found.ravel())[1:]
    assert areas.min() >= 500


def test_noise_and_film_alone_hold_no_particles(generalist):
    rng = np.random.default_rng(4)
    counts = []
    for index in range(8):
        film = ndimage.gaussian_filter(rng.normal(size=(192, 192)), (0.5, 1, 2, 20)[index % 4])
        film = film / film.std() * rng.uniform(0.02, 0.1)
        found = generalist.segment(scan(0.5 + film + rng.normal(0, 0.02, film.shape)))
        counts.append(found.max())
    assert np.mean(counts) < 1


def test_what_decides_the_result_is_said(generalist):
    said = generalist.describe()
    assert said["model"] == "generalist" and len(said["sha256"]) == 64
    assert "generalist" in generalist.doubts[0]


def test_what_it_is_unsure_of_is_said(generalist):
    labels, doubts = generalist.segment_and_doubt(scan(shaded(discs())))
    assert labels.any() and doubts == ()
    strange = np.random.default_rng(0).normal(0.5, 0.2, (200, 200))
    assert "unsure of what it shows" in generalist.segment_and_doubt(scan(strange))[1][0]


def test_a_number_below_a_limit_is_not_shown_as_the_limit():
    assert [rounded_down(value) for value in (0.8996, 0.62, 0.29, 0.9)] == ["0.89", "0.62", "0.29", "0.90"]


def test_what_is_not_convex_is_doubted():
    corner = np.zeros((60, 60), np.int32)
    corner[10:50, 10:20] = corner[40:50, 10:50] = 1
    sure = SimpleNamespace(surety=0.97)
    other = Generalist(weights=Path("others.safetensors"))
    assert (
        "100% of what was found lies in outlines that are not convex" in other._doubts_of(scan(corner), corner, sure)[0]
    )
    assert other._doubts_of(scan(corner), np.ones_like(corner), sure) == ()
    assert Generalist(says_more=False)._doubts_of(scan(corner), corner, sure) == ()


def test_clear_particles_are_sure_and_keep_their_labels(generalist):
    shown = scan(shaded(discs()))
    found = generalist.segment_surely(shown)
    assert (found.labels == generalist.segment(shown)).all() and found.doubts == ()
    assert len(found.confidence) == found.labels.max() + 1 and np.median(found.confidence[1:]) > 0.85
