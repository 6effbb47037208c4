from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from diffrendergan.metrics.scan_splits import draw_split
from diffrendergan.realism.classifier import NETWORK, Views, train
from diffrendergan.realism.trials import Trial, run_trial
from diffrendergan.runs.reporter import SilentReporter

SCANS, EACH = 12, 5


def views(seed: int, shift: float, of_scan: float = 1.0) -> Views:
    """Return numbers that scatter between scans, and a network's features that say nothing."""
    rng = np.random.default_rng(seed)
    scan = rng.normal(0, of_scan, (SCANS, 8)).repeat(EACH, axis=0)
    rows = scan + rng.normal(size=scan.shape) + shift * (np.arange(8) == 0)
    return {"measures": rows, NETWORK: rng.normal(size=(len(scan), 40))}


def trial(real: Views, synthetic: Views) -> Trial:
    scans = tuple([f"{name} {k}" for k in range(SCANS) for _ in range(EACH)] for name in "ab")
    draw = partial(_draw, scans)
    return run_trial(real, synthetic, scans, draw, 0, "test", SilentReporter())  # type: ignore[arg-type]


def _draw(scans, generator):  # type: ignore[no-untyped-def]
    return draw_split(*scans, generator)


def test_what_is_alike_is_guessed_though_scans_differ() -> None:
    found = [trial(views(seed, 0), views(seed + 1, 0)).error for seed in range(0, 12, 2)]
    assert 0.44 < np.mean([error.value for error in found]) < 0.58
    assert sum(error.interval.low <= 0.5 <= error.interval.high for error in found) >= 5  # type: ignore[union-attr]


def test_what_differs_is_told_and_each_patch_gets_its_probability() -> None:
    found = trial(views(0, 0, of_scan=0.2), views(1, 6, of_scan=0.2))
    assert found.error.value < 0.02 and found.error.interval is not None and found.error.interval.high < 0.05
    assert np.nanmax(found.real) < 0.2 and np.nanmin(found.synthetic) > 0.8


def test_equal_seeds_give_equal_results() -> None:
    first, second = (trial(views(0, 1), views(1, 1)) for _ in range(2))
    assert first.error == second.error
    np.testing.assert_array_equal(first.real, second.real)


@pytest.mark.parametrize("name", ["measures", NETWORK])
def test_one_view_does(name: str) -> None:
    rng = np.random.default_rng(0)
    synthetic = np.arange(40) >= 20
    seen = {name: rng.normal(size=(40, 10)) + 3 * synthetic[:, None]}
    trained = train(seen, synthetic, [str(k) for k in range(40)])
    assert ((trained.synthetic(trained.scores(seen)) > 0.5) == synthetic).all()


def test_the_view_that_says_nothing_is_not_believed() -> None:
    rng = np.random.default_rng(1)
    synthetic = np.arange(80) % 2 == 1
    seen = {"measures": rng.normal(size=(80, 5)) + 3 * synthetic[:, None], NETWORK: rng.normal(size=(80, 60))}
    measured, network = train(seen, synthetic, [str(k) for k in range(80)]).weights.coef_[0]
    assert measured > 4 * abs(network)


def test_each_view_has_an_error_of_its_own() -> None:
    alone = trial(views(0, 6, of_scan=0.2), views(1, 0, of_scan=0.2)).alone
    assert alone["measures"] < 0.02 and 0.3 < alone[NETWORK] < 0.7
