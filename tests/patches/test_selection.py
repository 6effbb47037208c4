from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.errors import DataError
from diffrendergan.micrographs.scan_set import require_patch_size
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.patches.candidates import Candidate, Place, background_candidates, patch_candidates
from diffrendergan.patches.selection import apply_flip, choose, choose_background, overlap

SIZE = 64


def particles_of(labels: np.ndarray) -> ScanParticles:
    from scipy import ndimage

    boxes = [(s[0].start, s[1].start, s[0].stop, s[1].stop) for s in ndimage.find_objects(labels)]
    return ScanParticles(
        labels.astype(np.int32),
        np.array(boxes, np.int64).reshape(-1, 4),
        np.bincount(labels.ravel(), minlength=1)[1:].astype(np.int64),
        labels > 0,
    )


def scan(name: str, shape: tuple[int, int]) -> Micrograph:
    return Micrograph(name, np.zeros(shape, np.float32), None, Path(f"{name}.tif"), 8)


@given(height=st.integers(SIZE, 200), width=st.integers(SIZE, 200), stride=st.integers(1, 90))
@settings(max_examples=30, deadline=None)
def test_windows_lie_inside_and_reach_all_corners(height, width, stride):
    corners = window_corners(height, width, SIZE, stride)
    assert corners.min() >= 0 and (corners[:, 0] <= width - SIZE).all() and (corners[:, 1] <= height - SIZE).all()
    assert len(np.unique(corners, axis=0)) == len(corners)
    wanted = {(0, 0), (width - SIZE, height - SIZE)}
    assert wanted <= {(int(x), int(y)) for x, y in corners}


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_counted_particles_are_displayed_in_full(seed):
    rng = np.random.default_rng(seed)
    labels = np.zeros((150, 180), np.int64)
    for number in range(1, 25):
        y, x = rng.integers(0, 138), rng.integers(0, 168)
        labels[y : y + 10, x : x + 10] = number
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    found = particles_of(labels)
    for candidate in patch_candidates([scan("a", labels.shape)], [found], SIZE, 16, 1, 8.0):
        place = candidate.place
        window = labels[place.y : place.y + SIZE, place.x : place.x + SIZE]
        border = np.concatenate([window[0], window[-1], window[:, 0], window[:, -1]])
        whole = set(np.unique(window)) - set(np.unique(border)) - {0}
        assert candidate.full_particles <= len(whole)


def test_background_windows_show_nothing():
    labels = np.zeros((128, 256), np.int64)
    labels[30:40, 20:30] = 1
    places = [c.place for c in background_candidates([scan("a", labels.shape)], [particles_of(labels)], SIZE, 32)]
    assert places and all(place.x >= 30 or place.y >= 40 for place in places)


def test_small_scans_are_named():
    with pytest.raises(DataError, match=r"small\.tif has 70×60 pixels.*64×64"):
        require_patch_size(scan("small", (60, 70)), SIZE)


def grid(scans: int, step: int = 16, extent: int = 256) -> list[Candidate]:
    return [
        Candidate(Place(f"scan_{s}", x, y), 3 + (x + y) % 5)
        for s in range(scans)
        for y in range(0, extent - SIZE + 1, step)
        for x in range(0, extent - SIZE + 1, step)
    ]


@given(count=st.integers(1, 60), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_choice_is_even_distinct_and_within_its_limit(count, seed):
    choice = choose(grid(4), count, SIZE, 0.9, np.random.default_rng(seed))
    places = [candidate.place for candidate in choice.candidates]
    assert len(places) == len(set(places)) == count
    if choice.overlap_limit == 0.25:
        per_scan = [sum(place.scan == f"scan_{s}" for place in places) for s in range(4)]
        assert max(per_scan) - min(per_scan) <= 1 or count > 24
    shared = [overlap(a, b, SIZE) for a, b in combinations(places, 2)]
    assert max(shared, default=0) <= choice.overlap_limit
    assert choice == choose(grid(4), count, SIZE, 0.9, np.random.default_rng(seed))


def test_the_limit_is_relaxed_only_as_far_as_needed():
    few = choose(grid(1), 9, SIZE, 0.9, np.random.default_rng(0))
    many = choose(grid(1), 40, SIZE, 0.9, np.random.default_rng(0))
    every = choose(grid(1), 1000, SIZE, 0.9, np.random.default_rng(0))
    assert few.overlap_limit == 0.25 < many.overlap_limit <= every.overlap_limit == 0.9
    assert len(many.candidates) == 40
    assert len(every.candidates) == len(grid(1))  # neighbours at a quarter of the edge share 0.75


def test_near_duplicates_are_passed_over():
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 1, (SIZE, SIZE)).astype(np.float32)
    images = {
        "a": picture,
        "copy": np.clip(0.8 * picture + 0.1 + rng.normal(0, 0.01, picture.shape), 0, 1).astype(np.float32),
        "shifted": np.roll(picture, (5, -7), (0, 1)),
        "other": rng.uniform(0, 1, (SIZE, SIZE)).astype(np.float32),
    }
    candidates = [Candidate(Place(name, 0, 0), 5) for name in images]
    chosen = choose(candidates, 4, SIZE, 0.9, np.random.default_rng(1), images).candidates
    names = {candidate.place.scan for candidate in chosen}
    assert len(names) == 2 and "other" in names
    assert len(choose(candidates, 4, SIZE, 1.0, np.random.default_rng(1), images).candidates) >= 3


def test_overlap_known_answers():
    assert overlap(Place("a", 0, 0), Place("a", 32, 0), SIZE) == 0.5
    assert overlap(Place("a", 0, 0), Place("a", 32, 32), SIZE) == 0.25
    assert overlap(Place("a", 0, 0), Place("a", SIZE, 0), SIZE) == 0
    assert overlap(Place("a", 0, 0), Place("b", 0, 0), SIZE) == 0


def test_background_is_mirrored_when_places_run_out():
    places = [Candidate(Place("a", 0, 0), 0), Candidate(Place("b", 0, 0), 0)]
    chosen, _ = choose_background(places, 7, SIZE, 0.9, np.random.default_rng(0))
    assert len(set(chosen)) == 7
    assert [item.flip for item in chosen] == ["none"] * 2 + ["horizontal"] * 2 + ["vertical"] * 2 + ["both"]
    assert len(choose_background(places, 100, SIZE, 0.9, np.random.default_rng(0))[0]) == 8
    assert choose_background([], 5, SIZE, 0.9, np.random.default_rng(0))[0] == []


def test_flips():
    patch = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(apply_flip(patch, "both"), patch[::-1, ::-1])
    assert np.array_equal(apply_flip(patch, "horizontal"), patch[:, ::-1])
    assert np.array_equal(apply_flip(patch, "vertical"), patch[::-1])
    assert np.array_equal(apply_flip(patch, "none"), patch)
