"""Places: no overlap, contact, bounds, and packings that cannot succeed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.arrangement import placement
from diffrendergan.arrangement.placement import Deadline, Region, partition, place_apart, place_randomly
from diffrendergan.errors import PlacementError


def place_agglomerated(
    radii: np.ndarray,
    half_width: float,
    three_dimensional: bool,
    agglomerates: int,
    timeout_s: float,
    rng: np.random.Generator,
    straightness: float | None = None,
) -> np.ndarray:
    region = Region(half_width, three_dimensional)
    return placement.place_agglomerated(
        radii, region, agglomerates, Deadline.within(timeout_s), rng, straightness
    ).points


def gaps(points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the free distance between all pairs (n, n), infinite on the diagonal."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) - radii[:, None] - radii[None]
    np.fill_diagonal(distances, np.inf)
    return distances


def clusters(touching: np.ndarray) -> int:
    """Count groups of particles that hang together."""
    group = np.arange(len(touching))
    for _ in range(len(touching)):
        group = np.minimum(group, np.where(touching, group[None], len(touching)).min(axis=1))
    return len(np.unique(group))


@settings(deadline=None, max_examples=40)
@given(
    radii=st.lists(st.floats(0.1, 3), min_size=1, max_size=40).map(np.array),
    three_dimensional=st.booleans(),
    agglomerates=st.integers(1, 6),
    seed=st.integers(0, 2**32),
)
def test_agglomerates_touch_and_never_overlap(
    radii: np.ndarray, three_dimensional: bool, agglomerates: int, seed: int
) -> None:
    def place() -> np.ndarray:
        return place_agglomerated(radii, 40.0, three_dimensional, agglomerates, 30.0, np.random.default_rng(seed))

    points = place()
    np.testing.assert_array_equal(points, place())
    assert points.shape == (len(radii), 3)
    distances = gaps(points, radii)
    assert distances.min(initial=np.inf) >= -1e-6
    touching = distances < 1e-6
    labels = partition(len(radii), agglomerates, np.random.default_rng(seed))
    alone = np.bincount(labels)[labels] == 1
    assert (touching.any(axis=1) | alone).all()
    assert clusters(touching) <= labels.max() + 1 <= agglomerates
    if not three_dimensional:
        assert (points[:, 2] == 0).all()


def test_each_agglomerate_starts_within_the_limit() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        points = place_agglomerated(np.ones(6), 5.0, True, 6, 30.0, rng)
        labels = partition(6, 6, np.random.default_rng(seed))
        within = (np.abs(points) <= 5).all(axis=1)
        assert set(labels[within]) == set(labels)


def test_directions_have_no_preference() -> None:
    pairs = []
    for seed in range(800):
        points = place_agglomerated(np.array([1.0, 0.5]), 3.0, True, 1, 30.0, np.random.default_rng(seed))
        pairs.append((points[1] - points[0]) / 1.5)
    steps = np.array(pairs)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 1)
    np.testing.assert_allclose(steps.mean(axis=0), 0, atol=4 / np.sqrt(3 * 800))
    np.testing.assert_allclose((steps**2).mean(axis=0), 1 / 3, atol=0.05)


@settings(deadline=None, max_examples=50)
@given(count=st.integers(1, 60), most=st.integers(1, 80), seed=st.integers(0, 1000))
def test_partition_has_no_empty_group(count: int, most: int, seed: int) -> None:
    labels = partition(count, most, np.random.default_rng(seed))
    assert len(labels) == count and labels.max() < min(most, count)
    assert (np.bincount(labels) > 0).all()


def test_partition_draws_every_number_of_groups_alike() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([partition(40, 5, rng).max() for _ in range(2000)])
    assert len(counts) == 5 and counts.min() > 320


@pytest.mark.parametrize("three_dimensional", [True, False])
def test_random_places_fill_the_region_evenly(three_dimensional: bool) -> None:
    points = place_randomly(20_000, 3.0, three_dimensional, np.random.default_rng(0))
    axes = 3 if three_dimensional else 2
    assert np.abs(points).max() <= 3
    np.testing.assert_allclose(points[:, :axes].mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(points[:, :axes].std(axis=0), 3 / np.sqrt(3), atol=0.03)
    assert three_dimensional or (points[:, 2] == 0).all()


def test_agglomerates_without_room_are_an_error_at_once() -> None:
    with pytest.raises(PlacementError, match=r"Only \d+ of \d+ agglomerates .*±1 .*arrangement\.limit"):
        place_agglomerated(np.ones(40), 1.0, False, 40, 30.0, np.random.default_rng(1))


def test_particles_without_room_are_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one direction is open, so each agglomerate is a row, and most rows run into another."""
    monkeypatch.setattr(placement.Region, "directions", lambda self, count, rng: np.array([[1.0, 0.0, 0.0]]))
    with pytest.raises(PlacementError, match=r"Only \d+ of 60 particles in \d agglomerates"):
        place_agglomerated(np.ones(60), 2.5, False, 9, 30.0, np.random.default_rng(8))


def test_time_out_is_an_error() -> None:
    with pytest.raises(PlacementError, match=r"arrangement\.timeout_s = 1e-09 s .*0 were placed"):
        place_agglomerated(np.ones(40), 10.0, True, 3, 1e-9, np.random.default_rng(0))


@settings(deadline=None, max_examples=30)
@given(
    radii=st.lists(st.floats(0.1, 2), min_size=1, max_size=40).map(np.array),
    three_dimensional=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_places_apart_do_not_overlap_and_stay_inside(radii: np.ndarray, three_dimensional: bool, seed: int) -> None:
    region = Region(30.0, three_dimensional)
    placed = place_apart(radii, region, Deadline.within(30), np.random.default_rng(seed))
    assert gaps(placed.points, radii).min(initial=np.inf) >= -1e-6
    assert np.abs(placed.points).max() <= 30 and (placed.parents == -1).all()
    assert sorted(placed.order) == list(range(len(radii)))


def test_places_apart_without_room_are_an_error() -> None:
    with pytest.raises(PlacementError, match=r"Only \d+ of 50 particles could be placed apart .*arrangement\.limit"):
        place_apart(np.ones(50), Region(3.0, False), Deadline.within(30), np.random.default_rng(0))


def test_straight_chains_are_straight_and_free_ones_are_not() -> None:
    def reach(straightness: float) -> float:
        points = [
            place_agglomerated(np.ones(12), 1.0, True, 1, 30.0, np.random.default_rng(seed), straightness)
            for seed in range(20)
        ]
        return float(np.mean([np.ptp(p, axis=0).max() for p in points]))

    straight = place_agglomerated(np.ones(12), 1.0, True, 1, 30.0, np.random.default_rng(3), 1.0)
    steps = np.diff(straight[np.argsort(straight @ (straight[-1] - straight[0]))], axis=0)
    np.testing.assert_allclose(np.linalg.norm(straight.max(axis=0) - straight.min(axis=0)), 22, rtol=1e-6)
    np.testing.assert_allclose(steps, steps[:1].repeat(11, axis=0), atol=1e-6)
    assert reach(0.9) > 1.3 * reach(0.0)


def test_chains_have_no_branches_unless_shut_in() -> None:
    region = Region(1.0, True)
    placed = placement.place_agglomerated(np.ones(15), region, 1, Deadline.within(30), np.random.default_rng(0), 0.8)
    children = np.bincount(placed.parents[placed.parents >= 0], minlength=15)
    assert children.max() == 1 and (placed.parents == -1).sum() == 1
