"""The scan: what jitter, vibration and drift do to lines, and derivatives of each."""

from __future__ import annotations

import math

import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.recording import ScanConfig
from diffrendergan.imaging.chain import find_operators
from diffrendergan.imaging.operator import Inputs
from diffrendergan.imaging.resampling import resampled

DEFAULTS = {"jitter_px": 0.0, "vibration_px": 0.0, "vibration_lines": 8.0, "drift_right_px": 0.0, "drift_down_px": 0.0}


def shift_of(images, values, seed=3):
    values = {name: torch.as_tensor(values.get(name, number)) for name, number in DEFAULTS.items()}
    values = {name: value.to(images).expand(len(images)) for name, value in values.items()}
    largest = {name: float(value.detach().abs().max()) for name, value in values.items()}
    generator = torch.Generator().manual_seed(seed)
    return find_operators()["scan"].act.shift(Inputs(images, values, largest, {}, generator))


def test_lines_jump_by_the_deviation_that_is_asked_for_and_each_on_its_own():
    shift = shift_of(torch.zeros(4, 3000, 8), {"jitter_px": 0.4})
    lines = shift.right[..., 0]
    assert float(lines.std()) == pytest.approx(0.4, rel=0.03)
    assert float((lines[:, 1:] * lines[:, :-1]).mean()) == pytest.approx(0, abs=0.01)
    assert shift.down is None


def test_a_vibration_has_its_amplitude_and_period():
    right = shift_of(torch.zeros(1, 400, 16, dtype=torch.float64), {"vibration_px": 1.5, "vibration_lines": 10.0}).right
    assert float(right.std()) * math.sqrt(2) == pytest.approx(1.5, rel=0.01)
    torch.testing.assert_close(right[:, 10:], right[:, :-10])
    torch.testing.assert_close(right[:, 5:], -right[:, :-5])
    # It goes on while a line is written: its end is the next one's start.
    assert float((right[0, 1:, 0] - right[0, :-1, -1]).abs().max()) < 2 * math.pi * 1.5 / 10 / 15


def test_drift_moves_the_top_one_way_and_the_bottom_the_other():
    image = torch.zeros(1, 41, 61, dtype=torch.float64)
    image[0, :, 30] = 1
    leaning = resampled(image, shift_of(image, {"drift_right_px": 8.0}))[0]
    assert [int(leaning[row].argmax()) for row in (0, 20, 40)] == [26, 30, 34]
    stripe = torch.zeros(1, 41, 61, dtype=torch.float64)
    stripe[0, [5, 35]] = 1
    stretched = resampled(stripe, shift_of(stripe, {"drift_down_px": 8.0}))[0, :, 30]
    peaks = [int(stretched[:20].argmax()), 20 + int(stretched[20:].argmax())]
    # Lines 15 px from the middle come to stand at 15/(1 − 8/40) px from it, where the scan meets them.
    assert peaks == [1, 39]


@pytest.mark.parametrize("name", ["jitter_px", "vibration_px", "vibration_lines", "drift_right_px", "drift_down_px"])
def test_derivatives_are_those_of_finite_differences(name, rng, assert_derivatives):
    image, weight = (torch.rand(1, 24, 24, generator=rng(seed)).double() for seed in (0, 5))
    usual = {"jitter_px": 0.4, "vibration_px": 0.7, "vibration_lines": 6.3, "drift_right_px": 1.3, "drift_down_px": 1.1}

    def total(values):
        given = {**usual, name: values[0, 0]}
        return (resampled(image, shift_of(image, given)) * weight).sum()

    assert_derivatives(total, [usual[name]], step=1e-6)


def test_a_period_is_learned_only_where_something_sways():
    with pytest.raises(ValueError, match="vibration_lines cannot be learned"):
        ScanConfig(jitter_px=0.3, vibration_lines=Learned(learn=(3, 9)))
    assert not ScanConfig().acts
