"""Acceptance of synthetic images and removal of small regions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skimage.measure import label as connected_components

from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.labels.regions import remove_small
from diffrendergan.synthesis.acceptance import (
    DARKEST,
    Acceptance,
    Reason,
    Rejection,
    assess,
    assess_labels,
)

CONFIG = SynthesisConfig()


def scene(particle: float, background: float, columns: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A 20×20 image whose first columns are one particle."""
    labels = np.zeros((20, 20), np.int32)
    labels[:, :columns] = 1
    return np.where(labels > 0, particle, background).astype(np.float32), labels


def test_known_figures() -> None:
    image, labels = scene(0.6, 0.4, columns=5)
    verdict = assess(image, labels, CONFIG)
    assert isinstance(verdict, Acceptance)
    assert verdict.background_fraction == 0.75
    assert verdict.contrast == pytest.approx(1.5)


def rejected(verdict: Acceptance | Rejection) -> Rejection:
    assert isinstance(verdict, Rejection)
    return verdict


def test_too_little_contrast() -> None:
    verdict = rejected(assess(*scene(0.45, 0.4, columns=5), CONFIG))
    assert (verdict.reason, verdict.detail) == (Reason.CONTRAST, "1.125 < 1.15")
    assert verdict.contrast == pytest.approx(1.125)


def test_dark_particles_on_bright_ground_are_refused_where_bright_ones_are_wanted() -> None:
    dark = scene(0.2, 0.8, columns=5)
    verdict = rejected(assess(*dark, CONFIG))
    assert verdict.reason is Reason.CONTRAST and verdict.contrast == pytest.approx(0.25)
    accepted = assess(*dark, CONFIG, "dark")
    assert isinstance(accepted, Acceptance) and accepted.contrast == pytest.approx(4.0)
    assert rejected(assess(*scene(0.6, 0.4, columns=5), CONFIG, "dark")).reason is Reason.CONTRAST


@settings(deadline=None, max_examples=60)
@given(particle=st.floats(0, 1, width=32), background=st.floats(0, 1, width=32), columns=st.integers(0, 20))
def test_dark_particles_are_judged_as_bright_ones_in_the_negative_order(particle, background, columns) -> None:
    """Swapping grey levels and direction changes nothing; and no image passes both ways."""
    bright = assess(*scene(particle, background, columns), CONFIG, "bright")
    dark = assess(*scene(background, particle, columns), CONFIG, "dark")
    assert bright == dark
    other = assess(*scene(particle, background, columns), CONFIG, "dark")
    assert not (isinstance(bright, Acceptance) and isinstance(other, Acceptance))


def test_least_background_is_still_accepted() -> None:
    assert isinstance(assess(*scene(0.6, 0.4, columns=17), CONFIG), Acceptance)
    verdict = rejected(assess(*scene(0.6, 0.4, columns=18), CONFIG))
    assert (verdict.reason, verdict.detail) == (Reason.BACKGROUND, "0.100 < 0.15")


@pytest.mark.parametrize(("columns", "reason"), [(0, Reason.NO_PARTICLE), (20, Reason.NO_BACKGROUND)])
def test_nothing_to_compare(columns: int, reason: Reason) -> None:
    assert assess(*scene(0.6, 0.4, columns), CONFIG) == Rejection(reason)


def test_labels_alone_rule_out_what_they_can() -> None:
    for columns in (0, 18, 20):
        image, labels = scene(0.6, 0.4, columns)
        assert assess_labels(labels, CONFIG) == assess(image, labels, CONFIG)
    assert assess_labels(scene(0.6, 0.4, 17)[1], CONFIG) is None


@pytest.mark.parametrize("foreground", ["bright", "dark"])
def test_a_black_side_gives_a_finite_contrast(foreground) -> None:
    levels = (0.5, 0.0) if foreground == "bright" else (0.0, 0.5)
    verdict = assess(*scene(*levels, columns=5), CONFIG, foreground)
    assert isinstance(verdict, Acceptance) and verdict.contrast == pytest.approx(0.5 / DARKEST)


def test_nan_is_never_accepted() -> None:
    image, labels = scene(0.6, 0.4, columns=5)
    image[0, 0] = np.nan
    assert rejected(assess(image, labels, CONFIG)).reason is Reason.NOT_FINITE


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
