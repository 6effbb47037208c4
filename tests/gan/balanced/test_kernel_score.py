from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.gan.balanced.choice import choose_by_kernel
from diffrendergan.gan.balanced.kernel_score import KernelScore, best_of, gain_of, stops, value_of
from diffrendergan.gan.history import EpochRecord, read_history, write_history
from diffrendergan.gan.rules import RULES

NOISE = np.random.default_rng(0).normal(size=50)


def record(epoch, distance, own=0.0):
    """Return an epoch whose distance varies with the halves as that of all others, and a little by itself."""
    own = own * np.random.default_rng(epoch).normal(size=50)
    kernel = tuple((distance + 0.05 * NOISE + own).tolist())
    parameters = {"a": {"mean": 1.0, "sd": 0.1}}
    return EpochRecord(epoch, epoch, 0.1, 0.2, 0.3, 0.4, 5.0, "pixels", 0.5, parameters, 1.0, kernel)


def test_a_fall_smaller_than_the_spread_over_halves_counts_if_all_halves_show_it():
    start, epoch = record(0, 0.30), record(1, 0.28)
    assert gain_of(epoch, start).high < 0
    assert best_of([start, epoch]) is epoch
    noisy = record(1, 0.28, own=0.05)
    assert best_of([start, noisy]) is start


def test_the_training_ends_when_nothing_falls_any_more():
    falling = [record(0, 0.3), record(1, 0.2)]
    waiting = [record(2 + k, 0.2) for k in range(RULES.patience - 1)]
    assert not stops([]) and not stops(falling) and not stops([*falling, *waiting])
    assert stops([*falling, *waiting, record(1 + RULES.patience, 0.2)])
    assert not stops([*falling, *waiting, record(1 + RULES.patience, 0.1)])


def test_the_fit_is_kept_unless_an_epoch_is_better():
    kept = choose_by_kernel([record(0, 0.3), record(1, 0.31), record(2, 0.299, own=0.1)])
    assert kept.record.epoch == 0 and kept.reason.startswith("The fit itself is kept (epoch 0")
    better = choose_by_kernel([record(0, 0.3), record(1, 0.2), record(2, 0.25)])
    assert better.record.epoch == 1 and "better by 0.100 to 0.100" in better.reason
    assert better.as_json()["candidates"][0]["kernel"] == pytest.approx(value_of(record(0, 0.3)))
    asked = choose_by_kernel([record(0, 0.3), record(1, 0.2)], override=0)
    assert asked.override and asked.record.epoch == 0
    with pytest.raises(ConfigError, match=r"selection\.epoch is 7"):
        choose_by_kernel([record(0, 0.3)], override=7)


def test_it_is_kept_in_the_history_and_left_out_where_it_is_not(tmp_path):
    records = [record(0, 0.3), replace(record(1, 0.2), kernel=None)]
    write_history(tmp_path / "history.jsonl", records)
    assert read_history(tmp_path / "history.jsonl") == records
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert '"kernel"' in lines[0] and '"kernel"' not in lines[1]


def test_ground_and_comparison_share_no_scan():
    rng = np.random.default_rng(1)
    scans = tuple(f"scan {k // 3}" for k in range(24))
    # Patches of one scan are alike, and each synthetic image is a copy of its scan: no difference but that.
    each = rng.normal(size=(8, 6)).repeat(3, axis=0)
    real, copies = (each + 0.1 * rng.normal(size=each.shape) for _ in range(2))
    found = np.array(KernelScore(scans, scans, seed=0)(real, copies))
    assert len(found) == RULES.halves and abs(found.mean()) < found.std()


def test_few_scans_are_split_by_patches_and_too_few_patches_refused():
    rng = np.random.default_rng(1)
    real, other = rng.normal(size=(8, 6)), rng.normal(size=(8, 6)) + 2
    one = ("scan",) * 8
    assert np.mean(KernelScore(one, one, seed=0)(real, other)) > 1
    with pytest.raises(DataError, match="four real patches"):
        KernelScore(one[:2], one[:2], seed=0)(real[:2], other[:2])
