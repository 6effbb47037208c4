"""A posterior corrects what it was shown to be wrong, is as sure as it may be, and says what it does not know."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from diffrendergan.inference import learning
from diffrendergan.inference.coordinates import scaled, to_quantities
from diffrendergan.inference.forest import Forest
from diffrendergan.inference.learning import learn, left_out, widths_for
from diffrendergan.inference.posterior import INTERVAL, load_posterior, packaged_posterior, save_posterior
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.statistics import Statistics
from diffrendergan.inference.truth import QUANTITIES, Truth
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.packaged import packaged_bytes


@pytest.fixture(scope="module", autouse=True)
def asks_for_all():
    """Of three statistics half would be one: questions by chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "ASKED", 1.0)
        yield


@pytest.fixture(scope="module")
def posterior(examples, asks_for_all):
    return learn(examples, 0)


def seen(examples, *values):
    found = Truth(30.0, 15.0, 50.0, 0.3, 200.0, 50)
    return Statistics(found, np.array([*values, *[0.0] * (examples.statistics.shape[1] - len(values))]), examples.names)


def width(interval):
    return np.log(interval.high / interval.low)


def test_it_corrects_the_median_where_it_was_shown_to_be_wrong(posterior, examples):
    wrong, right = (posterior.given(seen(examples, side, -1.0)).intervals["median"] for side in (1.5, -1.5))
    assert wrong.value == pytest.approx(30 * np.exp(-0.4), rel=0.06) and right.value == pytest.approx(30, rel=0.06)
    assert wrong.high < right.value


def test_it_is_unsure_where_the_examples_scatter(posterior, examples):
    sure, unsure = (posterior.given(seen(examples, -1.0, side)).intervals for side in (-1.5, 1.5))
    for name in ("median", "density"):
        assert width(unsure[name]) > 2 * width(sure[name]), name
        assert unsure[name].low < unsure[name].value < unsure[name].high


def test_as_many_intervals_hold_as_is_stated_and_they_are_narrower_than_the_prior(posterior, examples):
    """Ranks of the truth are spread evenly too; a posterior that is the prior would fail."""
    low, middle, high, true = left_out(examples, 0)
    low, high = middle + posterior.widths * (low - middle), middle + posterior.widths * (high - middle)
    held = ((true >= low) & (true <= high)).mean(axis=0)
    assert (np.abs(held - INTERVAL) <= 0.05).all()
    above = (true > middle).mean(axis=0)
    assert ((above > 0.4) & (above < 0.6)).all()
    contraction = 1 - np.median(high - low, axis=0) / (posterior.prior[2] - posterior.prior[0])
    assert contraction[QUANTITIES.index("median")] > 0.5


def test_the_prior_as_a_posterior_has_no_contraction(examples):
    true = scaled(to_quantities(examples.true))
    low, middle, high = (np.broadcast_to(row, true.shape) for row in np.quantile(true, [0.05, 0.5, 0.95], axis=0))
    np.testing.assert_allclose(widths_for(low, middle, high, true), 1, atol=0.1)
    assert np.allclose(high - low, np.quantile(true, 0.95, axis=0) - np.quantile(true, 0.05, axis=0))


def test_what_is_unlike_all_examples_is_said_and_intervals_grow(posterior, examples):
    usual, strange, alien = (posterior.given(seen(examples, 0.0, -1.0, far)) for far in (0.0, 5.0, 40.0))
    assert not usual.strange and strange.strange and alien.alien
    assert width(strange.intervals["median"]) > width(usual.intervals["median"])


def test_it_is_the_same_after_it_was_saved(posterior, examples, tmp_path):
    save_posterior(tmp_path / "p.safetensors", posterior, {"seed": 0})
    again = load_posterior(tmp_path / "p.safetensors")
    assert again.record == {"seed": 0} and again.names == posterior.names
    for one, other in zip(posterior.given(seen(examples, 1.0)).intervals.values(),
                          again.given(seen(examples, 1.0)).intervals.values(), strict=True):  # fmt: skip
        assert other.value == pytest.approx(one.value, rel=1e-4) and other.low == pytest.approx(one.low, rel=1e-4)
    with pytest.raises(ValueError, match="other statistics"):
        again.given(Statistics(seen(examples).found, np.zeros(1), ("another",)))


def test_trees_are_those_of_scikit_learn(examples):
    fitted = ExtraTreesRegressor(5, min_samples_leaf=5, random_state=0).fit(examples.statistics, examples.true)
    forest = Forest.of(fitted, examples.statistics, examples.share)
    theirs = fitted.apply(examples.statistics)
    assert np.mean(forest.leaves == theirs) > 0.99  # thresholds are rounded
    weights = forest.weights(examples.statistics[7])
    assert weights.sum() == pytest.approx(1) and weights[7] > 1 / 50 and (weights >= 0).all()


def test_the_packaged_posterior_was_taught_by_the_packaged_generalist():
    packaged = packaged_posterior()
    assert packaged is not None and packaged.record["generalist"] == sha256_of(packaged_bytes())
    for name in QUANTITIES:
        assert 0.85 <= packaged.record["held"][name] <= 0.95, name
        assert packaged.record["contraction"][name] > 0.15, name
    assert RULES.draws >= 1000
