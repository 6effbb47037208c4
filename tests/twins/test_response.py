"""A known answer is learned, and few particles teach nothing extreme."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from tests.twins.conftest import Answer

from diffrendergan.twins.linking import ALONE, MERGED, MISSED, joined, link
from diffrendergan.twins.response import learn


def test_a_known_answer_is_learned(answer: Answer) -> None:
    learned = learn(answer.given(np.random.default_rng(0), 6000))
    sizes = np.array([2.4, 3.0, 3.6])
    missed = expit(-1.5 - 2.0 * (sizes - 3))
    assert learned.missed.at(sizes) == pytest.approx(missed, rel=0.15)
    assert learned.merged.at(sizes) == pytest.approx(0.15, abs=0.03)
    assert learned.split.at(sizes).max() < 0.01
    assert learned.alone.mean(sizes) == pytest.approx(0.08, abs=0.01)
    assert learned.alone.spread == pytest.approx(0.05, abs=0.005)
    assert learned.merged_share == pytest.approx(0.5)
    assert learned.false_per_px == pytest.approx(0.04 / 2000, rel=0.15)
    assert learned.false_size == pytest.approx(2.2, abs=0.05)


def test_the_covered_fraction_is_that_of_the_truth(answer: Answer) -> None:
    linked = answer.given(np.random.default_rng(1), 2000)
    assert learn(linked).true_coverage(linked.found_px / linked.pixels) == pytest.approx(linked.true_px / linked.pixels)


def test_fates_and_the_matrix_keep_all_particles(answer: Answer) -> None:
    learned = learn(answer.given(np.random.default_rng(2), 2000))
    edges = np.linspace(1, 5, 41)
    middles = (edges[:-1] + edges[1:]) / 2
    fates = learned.fates(middles)
    assert fates.sum(axis=0) == pytest.approx(1.0)
    given = fates[ALONE] + learned.merged_share * fates[MERGED] + learned.pieces * fates[3]
    assert learned.matrix(edges).sum(axis=0) == pytest.approx(given)
    assert (fates[MISSED] > 0).all()


def test_five_particles_that_were_all_found_leave_every_chance_open() -> None:
    labels = np.zeros((80, 80), np.int32)
    for number, place in enumerate(range(5, 70, 14), start=1):
        labels[place : place + 8, 30:38] = number
    learned = learn(link(labels, labels))
    fates = learned.fates(np.array([1.0, 2.2, 4.0]))
    assert (fates[[MISSED, MERGED]] > 1e-4).all()
    assert (fates[ALONE] > 0.9).all()
    assert learned.alone.spread > 0


def test_no_particle_at_all_teaches_what_is_usual() -> None:
    nothing = np.zeros((30, 30), np.int32)
    learned = learn(joined([link(nothing, nothing)] * 2))
    assert learned.missed.at(np.array([3.0])) == pytest.approx(0.05)
    assert learned.false_per_px == 0
