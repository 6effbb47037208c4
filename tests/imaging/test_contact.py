"""The shade at the feet of particles."""

from __future__ import annotations

import pytest
import torch

from diffrendergan.imaging.contact import contact_shadow


def edge(size: int = 128) -> torch.Tensor:
    """Particles on the left half."""
    through = torch.ones(1, size, size)
    through[..., : size // 2] = 0
    return through


def test_light_is_missing_by_the_strength_at_a_long_edge_and_comes_back():
    shaded = contact_shadow(edge(), torch.tensor([0.3]), torch.tensor([10.0]), 10.0)
    row = shaded[0, 64]
    assert (row[:64] == 0).all()
    assert row[64].item() == pytest.approx(0.7, abs=0.03)
    assert row[74].item() == pytest.approx(1 - 0.3 * 0.317, abs=0.03)  # what a Gaussian leaves beyond one deviation
    assert row[-10].item() == pytest.approx(1.0, abs=1e-3)
    assert (row[65:] >= row[64:-1] - 1e-4).all()


def test_each_image_has_its_own_and_none_at_strength_0():
    through = edge(70).expand(2, -1, -1)  # not a multiple of the coarse grid
    shaded = contact_shadow(through, torch.tensor([0.0, 0.5]), torch.tensor([8.0, 8.0]), 8.0)
    assert torch.equal(shaded[0], through[0])
    assert shaded[1].min() == 0 and shaded[1].sum() < through[1].sum()


def test_strength_and_reach_have_the_derivatives_of_finite_differences(assert_derivatives):
    weight = torch.rand(1, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def total(theta: torch.Tensor) -> torch.Tensor:
        return (contact_shadow(edge(64).double(), theta[:, 0], theta[:, 1], 12.0) * weight).sum()

    assert_derivatives(total, [0.3, 9.0])
