"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.sizes.bootstrap import (
    bootstrap_mean,
    drawn_again,
    drawn_by_group,
    percentile_band,
    percentile_interval,
    wilson_band,
)


def test_seeded():
    values = [0.1, 0.5, 0.7, 0.9]
    assert bootstrap_mean(values) == bootstrap_mean(values, seed=0)
    assert bootstrap_mean(values) != bootstrap_mean(values, seed=1)


def test_two_values_by_hand():
    # The mean of a resample is 0, 0.5 or 1 with probabilities 1/4, 1/2, 1/4: more than 2.5 % at each end.
    assert bootstrap_mean([0.0, 1.0]) == (0.0, 1.0)
    # The central 40 % lie within the half that is 0.5.
    assert bootstrap_mean([0.0, 1.0], level=0.4) == (0.5, 0.5)


def test_too_few_values_have_no_interval():
    assert bootstrap_mean([]) is None
    assert bootstrap_mean([0.3]) is None


def test_width_is_that_of_the_standard_error():
    # For many values the interval tends to mean ± 1.96·s/√n.
    values = np.random.default_rng(0).normal(5, 2, 400)
    low, high = bootstrap_mean(values.tolist(), resamples=4000)
    half = 1.96 * values.std() / 20
    assert (low, high) == (pytest.approx(values.mean() - half, abs=0.03), pytest.approx(values.mean() + half, abs=0.03))


def test_it_follows_shifts_and_scales():
    values = np.array([0.2, 0.25, 0.8, 0.6, 0.4])
    low, high = bootstrap_mean(values.tolist())
    assert bootstrap_mean((10 - 2 * values).tolist()) == (pytest.approx(10 - 2 * high), pytest.approx(10 - 2 * low))
    assert bootstrap_mean([0.4] * 5) == (pytest.approx(0.4), pytest.approx(0.4))


def test_against_scipy():
    from scipy.stats import bootstrap

    values = np.random.default_rng(1).uniform(0, 1, 12)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=20000, rng=np.random.default_rng(2))
    assert bootstrap_mean(values.tolist(), 20000) == pytest.approx(tuple(theirs.confidence_interval), abs=0.01)


def test_bad_input():
    with pytest.raises(ValueError, match="resamples"):
        bootstrap_mean([1.0, 2.0], resamples=0)
    with pytest.raises(ValueError, match="level"):
        bootstrap_mean([1.0, 2.0], level=1.0)
    with pytest.raises(ValueError, match="finite"):
        bootstrap_mean([1.0, float("nan")])


@pytest.mark.parametrize("unknown", [None, np.nan, np.inf])
def test_a_band_has_the_interval_of_each_column(unknown):
    draws = np.random.default_rng(0).lognormal(size=(41, 7))
    if unknown is not None:
        draws[3, 2], draws[:, 5] = unknown, unknown
    low, high = percentile_band(draws)
    np.testing.assert_array_equal(np.stack([low, high], axis=1), [percentile_interval(column) for column in draws.T])


def test_a_band_of_no_draws():
    low, high = percentile_band(np.zeros((0, 3)))
    assert np.isnan(low).all() and np.isnan(high).all() and low.shape == high.shape == (3,)


def test_groups_are_drawn_before_their_members():
    groups = np.repeat([0, 1, 2], [2, 30, 5])
    chances = [drawn_by_group(groups, 40, np.random.default_rng(3)) for _ in range(2)]
    draws, again = ([draw.tolist() for draw in chance] for chance in chances)
    assert draws == again
    # Whole groups are missing from some samples, and none has a part of a group's number of members.
    assert any(len(np.unique(groups[draw])) < 3 for draw in draws)
    for draw in draws:
        counts = np.bincount(groups[draw], minlength=3)
        assert (counts % [2, 30, 5]).tolist() == [0, 0, 0] and (counts // [2, 30, 5]).sum() == 3


def test_one_group_is_no_group():
    plain = drawn_again(9, 5, np.random.default_rng(4))
    grouped = drawn_by_group(np.zeros(9, np.int64), 5, np.random.default_rng(4))
    assert [draw.tolist() for draw in plain] == [draw.tolist() for draw in grouped]


def test_shares_of_few_are_uncertain_at_both_ends_too():
    # E. B. Wilson's interval of 0, 5 and 10 of 10.
    low, high = wilson_band(np.array([0.0, 0.5, 1.0]), 10)
    assert low == pytest.approx([0.0, 0.2366, 0.7225], abs=1e-4)
    assert high == pytest.approx([0.2775, 0.7634, 1.0], abs=1e-4)
