"""Domain randomisation: materials drawn evenly from their ranges, nothing trained."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.synthesis.stage import uniform_theta

SPECS = (ParameterSpec("particle.roughness", 0.01, 1.0), ParameterSpec("noise", 2.0, 4.0))


def test_draws_fill_the_ranges_evenly():
    theta, rng = uniform_theta(SPECS), np.random.default_rng(0)
    drawn = np.stack([theta(np.zeros((3, 4), np.float32), rng) for _ in range(4000)])
    assert drawn.dtype == np.float32
    for column, spec in zip(drawn.T, SPECS, strict=True):
        assert spec.low <= column.min() <= column.max() <= spec.high
        share = np.histogram(column, bins=4, range=(spec.low, spec.high))[0] / len(column)
        assert share == pytest.approx(0.25, abs=0.04)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.06


def test_draws_depend_on_the_generator_alone():
    theta, phi = uniform_theta(SPECS), np.zeros((3, 4), np.float32)
    first, again = (theta(phi, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, theta(phi, np.random.default_rng(8)))


def test_a_uniform_draw_takes_no_generator(tmp_path):
    with pytest.raises(ConfigError, match=r"takes no generator"):
        load_project(None, "tio2-sem", ["generator.draw=uniform", f"generator.folder={tmp_path}"])
    assert not load_project(None, "tio2-sem", ["generator.draw=uniform"]).generator.trains
    assert load_project(None, "tio2-sem", ["look=paper"]).generator.trains
