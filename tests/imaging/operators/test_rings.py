from __future__ import annotations

import pytest
import torch

from diffrendergan.imaging.operators.rings import rings

SIDE = 65


def made(rng, sigma, width, away, count=1, seed=0):
    values = (torch.full((count,), value, dtype=torch.float64) for value in (sigma, width, away))
    return rings(torch.zeros(count, SIDE, SIDE, dtype=torch.float64), *values, 3.0, rng(seed))


def test_rings_have_their_strength_and_their_width(rng):
    found = made(rng, 0.1, 1.0, 400.0, 300)
    assert found.std() == pytest.approx(0.1, rel=0.1)
    middle = found[:, SIDE // 2]
    wide = made(rng, 0.1, 3.0, 400.0, 300)[:, SIDE // 2]
    assert (wide[:, 1:] - wide[:, :-1]).std() < 0.7 * (middle[:, 1:] - middle[:, :-1]).std()


def test_they_lie_about_an_axis(rng):
    found = made(rng, 0.1, 1.5, 1e-9)[0]
    torch.testing.assert_close(found[1:, 1:], found[1:, 1:].flip(0), atol=0.03, rtol=0)
    middle = SIDE / 2
    place = torch.arange(SIDE, dtype=torch.float64) - middle
    radius = (place[:, None] ** 2 + place[None] ** 2).sqrt()
    ring = (radius - 20).abs() < 0.1
    assert found[ring].std() < 0.3 * found.std()


def test_derivatives(rng, assert_derivatives):
    flat = torch.zeros(1, 24, 24, dtype=torch.float64)
    away = torch.tensor([20.0], dtype=torch.float64)

    def total(theta):
        return (rings(flat, theta[:, 0], theta[:, 1], away, 3.0, rng(1)) ** 2).sum()

    assert_derivatives(total, [0.3, 1.2])


def test_without_strength_nothing_changes(rng):
    assert not made(rng, 0.0, 1.0, 50.0).any()
