"""Noise of the ground that goes on over particles: as strong as asked for, with the ground's spectrum."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.chain import links_of
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.noise_like import noise_like
from diffrendergan.imaging.operators.ground_noise import noise_factor
from diffrendergan.imaging.passage import sent

SIZE = 128


def ground(rng, sigma=0.02):
    return 0.2 + sigma * torch.randn(1, SIZE, SIZE, generator=rng, dtype=torch.float64)


def carried(over, through, rng, growth):
    """Return a picture of particles over ground after its noise is carried on."""
    imaging = {"noise_sigma": 0.0, "ground": {"model": "real"}, "ground_noise": {"carried": True, "growth": growth}}
    links = links_of(ImagingConfig.model_validate(imaging))
    below = ground(rng(1))
    start = Composite(torch.full_like(below, over), torch.full_like(below, through), below, noise_like(below, rng(2)))
    found, _ = sent(start, links, [torch.zeros(1, 0)], {}, None)
    assert isinstance(found, Composite)
    return found.image


def test_the_flat_ground_has_none_to_carry_on():
    with pytest.raises(ValidationError, match="carries on the noise of a ground"):
        ImagingConfig.model_validate({"ground_noise": {"carried": True}})


@pytest.mark.parametrize("growth", [0.0, 0.5, 1.0])
def test_noise_on_particles_grows_with_their_brightness(rng, growth):
    found = carried(0.8, 0.0, rng, growth)
    assert found.mean().item() == pytest.approx(0.8, abs=2e-3)
    assert found.std().item() == pytest.approx(0.02 * (1 + 3 * growth) ** 0.5, rel=0.08)


@pytest.mark.parametrize("growth", [0.0, 1.0])
def test_in_shadow_it_is_that_of_the_brightness_there(rng, growth):
    assert carried(0.0, 0.6, rng, growth).std().item() == pytest.approx(0.02 * (1 - 0.4 * growth) ** 0.5, rel=0.08)


def test_open_ground_stays_as_it_is(rng):
    below = ground(rng(1))
    start = Composite(torch.zeros_like(below), torch.ones_like(below), below, noise_like(below, rng(2)))
    found = start.acted(lambda images: noise_factor(images, torch.ones(1).double()), "recorded", None)
    assert (found.image - below).std() < 1e-3 * 0.05


def test_growth_has_the_derivative_of_finite_differences(rng, assert_derivatives):
    bright = 1 + torch.rand(1, 8, 8, dtype=torch.float64, generator=rng(3))
    assert_derivatives(lambda theta: (noise_factor(bright, theta[:, 0]) ** 3).sum(), [0.7])


def test_noise_of_lines_stays_noise_of_lines_and_coarse_texture_is_no_noise(rng):
    rows = 0.02 * torch.randn(1, SIZE, 1, generator=rng(4), dtype=torch.float64).expand(1, SIZE, SIZE)
    waves = 0.2 * torch.sin(torch.arange(SIZE) / 8.0).double().expand(1, SIZE, SIZE)
    found = noise_like(0.3 + rows + waves + 0.01 * torch.randn(1, SIZE, SIZE, generator=rng(5)).double(), rng(6))[0]
    along, across = found.diff(dim=1).std().item(), found.diff(dim=0).std().item()
    assert across > 1.5 * along
    assert found.mean(0).std() < 0.02


def test_white_noise_is_white_again(rng):
    found = noise_like(ground(rng(7)), rng(8))[0]
    assert found.std().item() == pytest.approx(0.02, rel=0.08)
    for axis in (0, 1):
        pairs = found.narrow(axis, 0, SIZE - 1) * found.narrow(axis, 1, SIZE - 1)
        assert abs(pairs.mean() / found.var()) < 0.06
