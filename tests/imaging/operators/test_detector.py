"""What the operators of sample and detector do, and that their derivatives are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.chain import links_of
from diffrendergan.imaging.operators.charging import charged
from diffrendergan.imaging.operators.line_noise import line_noise
from diffrendergan.imaging.operators.response import responded
from diffrendergan.imaging.operators.shot_noise import shot_noise
from diffrendergan.imaging.operators.variation import varied
from diffrendergan.imaging.operators.vignetting import vignetted


def seeded():
    return torch.Generator().manual_seed(5)


def number(*values):
    return torch.tensor(values, dtype=torch.float64)


def images(count=2, height=12, width=16):
    return torch.rand((count, height, width), generator=seeded(), dtype=torch.float64) * 0.8 + 0.1


LABELS = torch.arange(192).view(1, 12, 16).expand(2, -1, -1) // 48

CASES = {
    "variation": lambda sigma: varied(images(), LABELS, sigma, seeded()),
    "charging": lambda strength, length: charged(images(), strength, length, 6.0),
    "vignetting": lambda strength: vignetted(images(), strength),
    "response": lambda offset, gain, gamma: responded(images(), offset, gain, gamma),
    "shot noise": lambda variance: shot_noise(images(), variance, seeded()),
    "line noise": lambda sigma, length: line_noise(images(), sigma, length, seeded()),
}
VALUES = {
    "variation": ((0.2, 0.4),),
    "charging": ((0.3, -0.2), (2.0, 5.0)),
    "vignetting": ((0.3, -0.1),),
    "response": ((0.05, 0.1), (0.9, 1.2), (0.7, 1.6)),
    "shot noise": ((0.01, 0.05),),
    "line noise": ((0.05, 0.1), (3.0, 30.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_agree_with_finite_differences(name):
    given = tuple(number(*values).requires_grad_() for values in VALUES[name])
    assert torch.autograd.gradcheck(CASES[name], given, eps=1e-6, atol=1e-6)


def test_particles_vary_and_the_ground_stays():
    image = torch.ones(1, 12, 16, dtype=torch.float64)
    result = varied(image, LABELS[:1], number(0.5), seeded())[0]
    assert (result[LABELS[0] == 0] == 1).all()
    values = [result[LABELS[0] == label].unique() for label in (1, 2, 3)]
    assert all(len(value) == 1 for value in values)
    assert len({float(value) for value in values}) == 3


def test_gains_of_particles_have_the_spread_that_is_asked_for():
    labels = torch.arange(4000).view(1, 40, 100)
    logarithms = varied(torch.ones(1, 40, 100), labels, torch.tensor([0.3]), seeded()).log().flatten()[1:]
    assert float(logarithms.mean()) == pytest.approx(0, abs=0.02)
    assert float(logarithms.std()) == pytest.approx(0.3, rel=0.05)


def test_a_bright_point_leaves_a_tail_behind_it_on_its_line_alone():
    image = torch.zeros(1, 3, 60, dtype=torch.float64)
    image[0, 1, 30] = 60
    result = charged(image, number(-0.5), number(4.0), 4.0)[0] - image[0]
    mean = image[0, 1].mean()
    assert result[[0, 2]].abs().max() == 0
    assert result[1, 30] == pytest.approx(float(0.5 * mean), rel=0.01)
    tail = result[1, 31:40] - result[1, 30]
    assert (tail < 0).all()
    np.testing.assert_allclose(tail[1:] / tail[:-1], math.exp(-1 / 4), rtol=1e-3)


def test_a_level_image_is_not_charged():
    image = torch.full((1, 4, 30), 0.4, dtype=torch.float64)
    torch.testing.assert_close(charged(image, number(0.7), number(5.0), 5.0), image)


def test_corners_are_darkened_by_the_share_that_is_asked_for():
    result = vignetted(torch.ones(1, 21, 31, dtype=torch.float64), number(0.3))[0]
    assert result[10, 15] == 1
    np.testing.assert_allclose([result[0, 0], result[-1, -1], result[0, -1]], 0.7)
    assert result[10, 0] == pytest.approx(0.85)


def test_the_response_is_a_power_of_a_line():
    result = responded(number(0.2, 0.5).view(1, 1, 2), number(0.1), number(0.8), number(2.0))
    np.testing.assert_allclose(result.flatten(), [(0.1 + 0.8 * 0.2) ** 2, (0.1 + 0.8 * 0.5) ** 2])


@pytest.mark.parametrize("signal", [0.1, 0.6])
def test_the_variance_of_shot_noise_follows_the_signal(signal):
    flat = torch.full((1, 200, 200), signal, dtype=torch.float64)
    noise = shot_noise(flat, number(0.04), seeded()) - flat
    assert float(noise.var()) == pytest.approx(0.04 * signal, rel=0.03)


@pytest.mark.parametrize("length", [0.5, 5.0, 1e6])
def test_line_noise_is_correlated_along_lines_as_asked_for_and_independent_across(length):
    flat = torch.zeros((1, 4000, 24), dtype=torch.float64)
    noise = line_noise(flat, number(0.1), number(length), seeded())[0].numpy() / 0.1
    assert noise[:, 0].std() == pytest.approx(1, rel=0.05)
    assert noise[:, -1].std() == pytest.approx(1, rel=0.05)
    assert (noise[:, 3] * noise[:, 6]).mean() == pytest.approx(math.exp(-3 / length), abs=0.05)
    assert (noise[:-1] * noise[1:]).mean() == pytest.approx(0, abs=0.05)


def test_all_of_them_are_links_in_the_order_of_the_configuration():
    config = ImagingConfig.model_validate(
        {
            "noise_sigma": 0,
            "line_noise": {"sigma": 0.01},
            "shot_noise": {"variance_per_signal": 0.01},
            "response": {"gamma": {"learn": [0.5, 2]}},
            "variation": {"sigma": 0.1},
            "vignetting": {"strength": 0.1},
            "charging": {"strength": 0.1},
        }
    )
    names = [link.operator.field for link in links_of(config)]
    assert names == ["variation", "charging", "vignetting", "response", "shot_noise", "line_noise"]
    assert [spec.name for link in links_of(config) for spec in link.columns] == ["imaging.response.gamma"]


def test_left_as_they_are_they_are_left_out():
    assert links_of(ImagingConfig(noise_sigma=0)) == ()
