from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.pipeline.watch.chart import Usual, chart, usual_of


def test_an_unchanged_instrument_is_left_in_peace() -> None:
    rng = np.random.default_rng(0)
    found = chart("noise", Usual(-3.0, 0.1, 30), rng.normal(-3.0, 0.1, 1000))
    assert found.outside.mean() < 0.01 and found.drifting.mean() < 0.02


def test_one_odd_scan_is_no_drift_and_a_lasting_change_is() -> None:
    values = np.full(40, -3.0)
    values[10] = -2.4
    values[30:] = -2.4
    found = chart("noise", Usual(-3.0, 0.1, 30), values)
    assert found.outside[10] and not found.drifting[10:30].any()
    assert found.since == 31


def test_a_slow_drift_is_seen_by_the_running_mean() -> None:
    rng = np.random.default_rng(1)
    values = -3.0 + rng.normal(0, 0.1, 60) + np.r_[np.zeros(20), np.linspace(0, 0.2, 40)]
    found = chart("sharpness", Usual(-3.0, 0.1, 30), values)
    assert not found.drifting[:20].any() and found.drifting[-1]


def test_scans_without_a_figure_change_nothing() -> None:
    found = chart("noise", Usual(0.0, 1.0, 10), np.array([np.nan, 0.5, np.nan]))
    assert found.since is None and not found.outside.any()


def test_few_scans_give_wide_limits_or_none() -> None:
    assert usual_of([{"noise": 1.0}] * 3) == {}
    few, many = usual_of([{"noise": 1.0}] * 4)["noise"], usual_of([{"noise": 1.0}] * 40)["noise"]
    assert few.spread == many.spread == pytest.approx(0.05)
    assert few.reach() > 2.5 * many.reach()
