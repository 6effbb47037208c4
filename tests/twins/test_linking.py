"""Which true and found particles belong together: worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.metrics.matching import match
from diffrendergan.twins.linking import ALONE, MERGED, MISSED, SPLIT, joined, link, sized


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Return five true squares: found, missed, two merged, one split; and one found where there is nothing."""
    true, found = np.zeros((60, 60), np.int32), np.zeros((60, 60), np.int32)
    true[5:15, 5:15], found[5:15, 6:16] = 1, 7
    true[5:11, 30:36] = 2
    true[25:35, 5:15], true[25:35, 15:25] = 3, 4
    found[25:35, 5:25] = 3
    true[25:35, 40:50] = 5
    found[25:30, 40:50], found[30:35, 40:50] = 4, 5
    found[50:55, 50:55] = 9
    return true, found


def test_every_fate_is_told() -> None:
    linked = link(*scene())
    assert linked.fate.tolist() == [ALONE, MISSED, MERGED, MERGED, SPLIT]
    assert linked.share.tolist() == [1.0, 0.0, 0.5, 0.5, 2.0]
    assert linked.false.tolist() == [False, False, False, False, True]
    assert (linked.true_px, linked.found_px, linked.both_px) == (436, 425, 390)


def test_what_the_scores_match_is_linked_to_each_other() -> None:
    true, found = scene()
    linked = link(true, found)
    # A split square's halves have an IoU of exactly a half, so that the scores match one of them.
    assert match(true, found).true_positives == 3
    alone = linked.of_found[linked.of_true == 0]
    assert linked.found.log_size[alone] == pytest.approx(np.log(np.sqrt(400 / np.pi)))


def test_all_found_particles_are_counted_once() -> None:
    linked = link(*scene())
    assert linked.share.sum() + linked.false.sum() == len(linked.found)


def test_a_small_particle_on_a_found_large_one_is_merged_with_it() -> None:
    true = np.zeros((40, 40), np.int32)
    true[5:35, 5:35] = 1
    true[15:20, 15:20] = 2
    assert link(true, (true > 0).astype(np.int32)).fate.tolist() == [MERGED, MERGED]


def test_cut_particles_have_no_weight_and_others_the_border_s() -> None:
    labels = np.zeros((42, 42), np.int32)
    labels[0:10, 5:15], labels[15:25, 15:25] = 1, 2
    assert sized(labels).weight.tolist() == [0.0, pytest.approx(1 / (1 - 10 / 40) ** 2)]


def test_images_together_are_those_of_one_beside_the_other() -> None:
    one = link(*scene())
    both = joined([one, one])
    assert both.fate.tolist() == one.fate.tolist() * 2
    assert both.found.log_size[both.of_found[len(one.of_true) :]].tolist() == one.found.log_size[one.of_found].tolist()
    assert both.pixels == 2 * one.pixels


def test_nothing_found_and_nothing_there() -> None:
    nothing = np.zeros((30, 30), np.int32)
    assert len(link(nothing, nothing).true) == 0
    true, found = scene()
    assert link(true, np.zeros_like(found)).fate.tolist() == [MISSED] * 5
    assert link(np.zeros_like(true), found).false.all()
