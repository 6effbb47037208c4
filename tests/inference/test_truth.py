"""What labelled scans show, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.inference.conftest import discs

from diffrendergan.inference.coordinates import scaled, to_coordinates, to_quantities, unscaled
from diffrendergan.inference.truth import Truth, true_scan, truth_of


def test_percentiles_are_those_of_whole_particles():
    labels = discs([10], size=100, gap=5)  # 16 discs of one size, none at the border
    shown = truth_of([true_scan(labels), true_scan(labels)])
    assert shown is not None and shown.whole == 2 * len(np.unique(labels[labels > 0]))
    area = np.bincount(labels.ravel())[1]
    assert shown.p10 == shown.median == shown.p90 == pytest.approx(np.sqrt(4 / np.pi * area))
    assert shown.coverage == pytest.approx((labels > 0).mean())
    # Each whole particle stands for as many as the border would cut.
    assert shown.density > 1e6 * shown.whole / (2 * labels.size)


def test_what_is_cut_or_tiny_or_hidden_is_no_size():
    labels = np.zeros((60, 60), np.int32)
    labels[0:20, 5:25] = 1  # cut
    labels[30:50, 5:25] = 2
    labels[30:33, 40:43] = 3  # tiny
    labels[10:22, 40:52] = 4
    silhouettes = np.array([0, 400, 400, 9, 2000])  # of 4, little is seen
    seen, hidden = true_scan(labels), true_scan(labels, silhouettes)
    assert sorted(seen.diameters.round(1)) == [3.4, 13.5, 22.6] and sorted(hidden.diameters.round(1)) == [3.4, 22.6]
    assert truth_of([seen]).whole == 2 and truth_of([hidden]).whole == 1
    assert seen.coverage == hidden.coverage and (seen.number, hidden.number) == (4, 3)
    labels[labels != 3] = 0
    assert truth_of([true_scan(labels)]) is None


def test_coordinates_and_quantities_are_the_same_thing():
    shown = Truth(30.0, 12.0, 70.0, 0.3, 250.0, 10)
    (quantities,) = to_quantities(to_coordinates(shown)[None])
    np.testing.assert_allclose(quantities, [30, 12, 70, 0.3, 250])
    np.testing.assert_allclose(unscaled(scaled(quantities[None]))[0], quantities)
    anything = np.random.default_rng(0).normal(0, 3, (100, 5))
    median, p10, p90, coverage, density = to_quantities(anything).T
    assert (p10 <= median).all() and (median <= p90).all() and (density > 0).all()
    assert (coverage > 0).all() and (coverage < 1).all()
