"""Acceptance of synthetic images and removal of small regions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skimage.measure import label as connected_components

from diffrendergan.config.learning import SynthesisConfig
from diffrendergan.labels.regions import remove_small
from diffrendergan.synthesis.acceptance import assess

CONFIG = SynthesisConfig()


def scene(particle: float, background: float, columns: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A 20×20 image whose first columns are one particle."""
    labels = np.zeros((20, 20), np.int32)
    labels[:, :columns] = 1
    return np.where(labels > 0, particle, background).astype(np.float32), labels


def test_known_figures() -> None:
    image, labels = scene(0.6, 0.4, columns=5)
    verdict = assess(image, labels, CONFIG)
    assert verdict.accepted and verdict.reason == ""
    assert verdict.background_fraction == 0.75
    assert verdict.contrast == pytest.approx(1.5)


def test_too_little_contrast() -> None:
    verdict = assess(*scene(0.45, 0.4, columns=5), CONFIG)
    assert not verdict.accepted and "contrast 1.125 < 1.15" in verdict.reason


def test_dark_particles_on_bright_ground_are_refused() -> None:
    assert not assess(*scene(0.2, 0.8, columns=5), CONFIG).accepted


def test_least_background_is_still_accepted() -> None:
    assert assess(*scene(0.6, 0.4, columns=17), CONFIG).accepted
    verdict = assess(*scene(0.6, 0.4, columns=18), CONFIG)
    assert not verdict.accepted and "background 0.100 < 0.15" in verdict.reason


@pytest.mark.parametrize(("columns", "reason"), [(0, "no particle"), (20, "no background")])
def test_nothing_to_compare(columns: int, reason: str) -> None:
    verdict = assess(*scene(0.6, 0.4, columns), CONFIG)
    assert (verdict.accepted, verdict.contrast, verdict.reason) == (False, None, reason)


def test_black_background_gives_a_finite_contrast() -> None:
    verdict = assess(*scene(0.5, 0.0, columns=5), CONFIG)
    assert verdict.accepted and verdict.contrast is not None and np.isfinite(verdict.contrast)


def test_nan_is_never_accepted() -> None:
    image, labels = scene(0.6, 0.4, columns=5)
    image[0, 0] = np.nan
    assert not assess(image, labels, CONFIG).accepted


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        assess(np.zeros((3, 3), np.float32), np.zeros((4, 3), np.int32), CONFIG)


def test_small_regions_go_and_the_rest_is_renumbered_in_order() -> None:
    labels = np.zeros((20, 40), np.int32)
    labels[:7, :7] = 2  # 49 px
    labels[:5, 10:20] = 5  # 50 px
    labels[10:20, 10:20] = 3  # 100 px
    kept = remove_small(labels, 50)
    assert kept.dtype == np.int32
    assert set(np.unique(kept)) == {0, 1, 2}
    assert kept[10, 10] == 1 and kept[0, 10] == 2 and kept[0, 0] == 0


def test_parts_of_an_occluded_instance() -> None:
    labels = np.zeros((20, 40), np.int32)
    labels[:, 10:20] = 1
    labels[8:12, :] = 2  # its own two sides stay: 40 and 80 px
    labels[8:12, 10:20] = 1
    labels[15, 30] = 2  # a crumb
    kept = remove_small(labels, 40)
    assert kept[15, 30] == 0
    assert kept[9, 5] == kept[9, 30] == 2  # one instance in two parts


def test_diagonal_contact_does_not_join() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[:8, :8] = labels[8:10, 8:10] = 1
    assert remove_small(labels, 50)[8, 8] == 0


def test_no_background() -> None:
    np.testing.assert_array_equal(remove_small(np.full((10, 10), 4, np.int32), 50), np.ones((10, 10)))


@settings(deadline=None, max_examples=40)
@given(
    labels=hnp.arrays(np.int32, (12, 12), elements=st.integers(0, 3)),
    smallest=st.integers(0, 12),
)
def test_what_is_left(labels: NDArray[np.int32], smallest: int) -> None:
    kept = remove_small(labels, smallest)
    assert not (kept[labels == 0]).any()
    identifiers = np.unique(kept[kept > 0])
    np.testing.assert_array_equal(identifiers, np.arange(1, len(identifiers) + 1))
    regions = connected_components(kept, connectivity=1, background=0)
    assert (np.bincount(regions.ravel())[1:] >= smallest).all()
    old = [np.unique(labels[kept == identifier]) for identifier in identifiers]
    assert all(len(values) == 1 for values in old)
    assert [values[0] for values in old] == sorted(values[0] for values in old)
    np.testing.assert_array_equal(remove_small(kept, smallest), kept)
