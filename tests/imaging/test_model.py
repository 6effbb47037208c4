from __future__ import annotations

import pytest
import torch
from scipy import ndimage

from diffrendergan.config.base import Learned
from diffrendergan.config.scene import ImagingConfig
from diffrendergan.imaging.model import ImagingModel, gaussian_blur, gaussian_noise


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_noise_has_the_asked_deviation_per_image():
    flat = torch.full((2, 200, 200), 0.5)
    noisy = gaussian_noise(flat, torch.tensor([0.02, 0.1]), 0.1, generator())
    assert noisy.std(dim=(1, 2)).tolist() == pytest.approx([0.02, 0.1], rel=0.02)
    assert noisy.mean(dim=(1, 2)).tolist() == pytest.approx([0.5, 0.5], abs=2e-3)


def test_radiance_is_clamped_before_the_noise_as_in_f_r():
    bright = torch.full((1, 100, 100), 3.0)
    noisy = ImagingModel(ImagingConfig(noise_sigma=0.1)).apply(bright, torch.zeros(1, 0), generator())
    assert noisy.max() == 1.0
    assert (noisy < 0.99).float().mean() == pytest.approx(0.46, abs=0.03)


def test_same_generator_same_noise():
    model = ImagingModel(ImagingConfig())
    image, sigma = torch.rand(1, 16, 16, generator=generator(3)), torch.tensor([[0.05]])
    assert torch.equal(model.apply(image, sigma, generator(1)), model.apply(image, sigma, generator(1)))
    assert not torch.equal(model.apply(image, sigma, generator(1)), model.apply(image, sigma, generator(2)))


@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.5])
def test_blur_is_scipys(sigma):
    image = torch.rand(1, 40, 50, generator=generator())
    expected = ndimage.gaussian_filter(image[0].numpy(), sigma, mode="nearest", truncate=6)
    assert torch.allclose(gaussian_blur(image, torch.tensor([sigma]), sigma)[0], torch.from_numpy(expected), atol=2e-4)


def test_derivative_in_blur_and_noise_is_that_of_finite_differences():
    model = ImagingModel(
        ImagingConfig(blur_sigma_px=Learned(learn=(0.3, 3.0)), noise_sigma=Learned(learn=(0.001, 0.1)))
    )
    image = 0.2 + 0.5 * torch.rand(1, 32, 32, generator=generator()).double()
    weight = torch.rand(1, 32, 32, generator=generator(5)).double()

    def total(values):
        return (model.apply(image, values, generator(9)) * weight).sum()

    values = torch.tensor([[1.1, 0.02]], dtype=torch.float64, requires_grad=True)
    total(values).backward()
    for column in range(2):
        step = torch.zeros(1, 2, dtype=torch.float64)
        step[0, column] = 1e-5
        finite = (total(values.detach() + step) - total(values.detach() - step)) / 2e-5
        assert values.grad[0, column].item() == pytest.approx(finite.item(), rel=1e-3, abs=1e-4)


def test_learned_parameters_are_named_in_the_order_of_the_operators():
    model = ImagingModel(
        ImagingConfig(blur_sigma_px=Learned(learn=(0.3, 3.0)), noise_sigma=Learned(learn=(0.001, 0.1)))
    )
    assert [spec.name for spec in model.parameters] == ["imaging.blur_sigma_px", "imaging.noise_sigma"]
    assert ImagingModel(ImagingConfig(noise_sigma=0.0)).parameters == ()
