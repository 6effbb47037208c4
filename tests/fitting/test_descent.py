"""The descent finds a law that made the data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.fitting.descent import descend
from diffrendergan.fitting.distance import target_of
from diffrendergan.fitting.law import Law
from diffrendergan.fitting.statistics import Group
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.reporter import SilentReporter

SPECS = (ParameterSpec("a", -1.0, 3.0), ParameterSpec("b", 0.0, 10.0))
TRUE = Law(SPECS, np.array([0.7, -1.2]), np.array([[0.5, 0.0], [0.0, 0.3]]))


def draw(indices, theta, noise):
    """Return three statistics of two parameters, with noise of their own."""
    a, b = theta.unbind(1)
    values = torch.stack([a, b, a + b], 1)
    return values + 0.01 * torch.randn(values.shape, generator=noise)


@pytest.fixture(scope="module")
def found():
    """What the descent finds of data that the law made."""
    rng = torch.Generator().manual_seed(0)
    theta = torch.from_numpy(TRUE.theta(np.random.default_rng(1).standard_normal((300, 2))))
    wide = torch.rand(300, 2, generator=rng) * torch.tensor([4.0, 10.0]) + torch.tensor([-1.0, 0.0])
    groups = (Group("a", ("a",)), Group("b", ("b",)), Group("both", ("a + b",)))
    target = target_of(draw([], theta, rng), draw([], wide, rng), groups, rng)
    return descend(SPECS, draw, 40, target, 0, 150, SilentReporter())


def test_the_middle_is_found(found):
    assert found.law.middle == pytest.approx(TRUE.middle, abs=0.15)


def test_the_spread_is_found(found):
    spread = np.sqrt((found.law.root**2).sum(1))
    assert spread == pytest.approx([0.5, 0.3], rel=0.35)


def test_it_falls(found):
    assert np.mean(found.totals[-20:]) < 0.2 * found.totals[0]
