import numpy as np
import torch

from diffrendergan.gan.balanced.views import Views, log_power, with_bands
from diffrendergan.gan.rules import RULES

RNG = torch.Generator().manual_seed(0)
REAL = (0.5 + 0.1 * torch.randn(20, 32, 32, generator=RNG)).clamp(0, 1)


def test_real_patches_are_the_units():
    seen = Views(REAL)(REAL)
    assert seen.image.shape == (20, 1 + RULES.bands, 32, 32) and seen.spectrum.shape == (20, 3, 8, 4)
    assert seen.image.mean((0, 2, 3)).abs().max() < 1e-4
    assert (seen.image.std((0, 2, 3)) - 1).abs().max() < 0.01
    assert seen.spectrum[:, 0].mean(0).abs().max() < 1e-4
    assert seen.spectrum[:, 1:].abs().max() == 1


def test_bands_add_up_and_part_details_by_size():
    images = REAL[:2]
    bands = with_bands(images)
    assert torch.equal(bands[:, 0], images)
    assert bands[:, 1:].sum(1).abs().mean() > 0
    shares = []
    for period in (2.5, 12):
        wave = 0.5 + 0.1 * torch.sin(2 * np.pi / period * torch.arange(32)).expand(1, 32, 32)
        power = with_bands(wave)[0, 1:].square().mean((1, 2))
        shares.append(float(power[0] / power.sum()))
    assert shares[0] > 0.8 and shares[1] < 0.1


def test_a_wave_stands_at_its_frequency():
    wave = 0.5 + 0.1 * torch.sin(2 * np.pi / 4 * torch.arange(32)).expand(1, 32, 32)
    found = np.unravel_index(int(log_power(wave)[0].argmax()), (8, 4))
    assert found[0] in (3, 4) and found[1] in (1, 2)  # no change down the columns, a quarter of a cycle per pixel right
    up = np.unravel_index(int(log_power(wave.transpose(1, 2))[0].argmax()), (8, 4))
    assert up[1] == 0


def test_the_derivative_is_finite_where_there_is_nothing_to_see():
    flat = torch.full((2, 32, 32), 0.5, requires_grad=True)
    seen = Views(REAL)(flat)
    (seen.image.square().sum() + seen.spectrum.square().sum()).backward()
    assert torch.isfinite(flat.grad).all()
