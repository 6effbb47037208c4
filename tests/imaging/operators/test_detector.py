"""What the operators of sample and detector do, and that their derivatives are right."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from diffrendergan.config.imaging import BEFORE_OPERATORS, ImagingConfig
from diffrendergan.imaging.chain import links_of
from diffrendergan.imaging.operators.charging import charged
from diffrendergan.imaging.operators.glow import glowing
from diffrendergan.imaging.operators.levels import two_levels
from diffrendergan.imaging.operators.line_noise import line_noise
from diffrendergan.imaging.operators.quantisation import quantised
from diffrendergan.imaging.operators.response import responded
from diffrendergan.imaging.operators.rims import varied_rims
from diffrendergan.imaging.operators.saturation import saturated
from diffrendergan.imaging.operators.seams import seams
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
MANY = torch.arange(1920).view(1, 40, 48).expand(2, -1, -1) // 8
TILT = torch.linspace(0, 1, 192, dtype=torch.float64).view(1, 12, 16).expand(2, -1, -1)

CASES = {
    "rims": lambda sigma: varied_rims(images(), LABELS, TILT, sigma, seeded()),
    "levels": lambda share, gain: two_levels(images(2, 40, 48), MANY, share, gain, seeded()),
    "seams": lambda depth, width: images() * (1 - depth[:, None, None] * seams(LABELS, width, 2.0)),
    "glow": lambda strength, area: glowing(images(), 100 * TILT, strength, area),
    "saturation": lambda share: saturated(2 * images(), share),
    "variation": lambda sigma: varied(images(), LABELS, sigma, seeded()),
    "charging": lambda strength, length: charged(images(), strength, length, 6.0),
    "vignetting": lambda strength: vignetted(images(), strength),
    "response": lambda offset, gain, gamma: responded(images(), offset, gain, gamma),
    "shot noise": lambda variance: shot_noise(images(), variance, seeded()),
    "line noise": lambda sigma, length: line_noise(images(), sigma, length, seeded()),
}
VALUES = {
    "rims": ((0.2, 0.4),),
    "levels": ((0.3, 0.6), (0.5, 1.7)),
    "seams": ((0.3, -0.2), (0.8, 1.5)),
    "glow": ((0.3, -0.2), (20.0, 70.0)),
    "saturation": ((0.3, 0.6),),
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


def test_rims_vary_as_far_as_they_are_tilted():
    image = torch.ones(1, 12, 16, dtype=torch.float64)
    logarithm = varied_rims(image, LABELS[:1], TILT[:1], number(0.5), seeded())[0].log() / TILT[0].clamp_min(1e-9)
    assert logarithm[LABELS[0] == 0].abs().max() == 0
    for label in (1, 2, 3):
        each = logarithm[LABELS[0] == label]
        torch.testing.assert_close(each, each[:1].expand_as(each))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.7, 1.0])
def test_the_share_that_is_asked_for_has_the_second_brightness(share):
    labels = torch.arange(40000).view(1, 200, 200)
    result = two_levels(torch.ones(1, 200, 200), labels, torch.tensor([share]), torch.tensor([0.5]), seeded())
    assert result[0, 0, 0] == 1
    assert float((1 - result.flatten()[1:].mean()) / 0.5) == pytest.approx(share, abs=0.02)


def test_a_seam_runs_between_touching_particles_alone_with_its_profile():
    labels = torch.zeros(1, 40, 40, dtype=torch.int32)
    labels[0, 8:32, 4:20], labels[0, 8:32, 20:36] = 1, 2
    line = seams(labels, number(1.5), 1.5)[0]
    away = torch.arange(40).double() + 0.5 - 20
    torch.testing.assert_close(line[20], torch.exp(-0.5 * (away / 1.5) ** 2), atol=0.07, rtol=0)
    torch.testing.assert_close(line[20], line[20].flip(0))
    apart = labels.clone()
    apart[0, :, 19:21] = 0
    assert seams(apart, number(1.5), 1.5).abs().max() < 1e-9


def test_half_of_the_glow_is_reached_at_the_area_that_says_so_and_the_ground_does_not_glow():
    area = number(0, 50, 100, 1e9).view(1, 1, 4)
    result = glowing(torch.ones_like(area), area, number(0.6), number(100.0)).flatten()
    np.testing.assert_allclose(result, [1, 1.2, 1.3, 1.6])


def test_signals_are_squeezed_below_full_scale_without_a_kink():
    signal = torch.linspace(0, 3, 3001, dtype=torch.float64).view(1, 1, -1)
    result = saturated(signal, number(0.4)).flatten()
    assert torch.equal(result[:600], signal.flatten()[:600])
    assert result.max() < 1 and result[-1] > 0.99
    slope = result.diff() / 0.001
    assert (slope > 0).all() and slope.diff().abs().max() < 0.003


def test_counted_grey_levels_are_those_of_eight_bits_and_derivatives_pass():
    signal = torch.linspace(-0.2, 1.2, 2000, dtype=torch.float64).view(1, 1, -1).requires_grad_()
    result = quantised(signal, number(8.0))
    np.testing.assert_allclose(result.detach() * 255, (result.detach() * 255).round(), atol=1e-9)
    assert len(result.unique()) == 256
    assert (result - signal.clamp(0, 1)).abs().max() <= 0.5 / 255 + 1e-9
    result.sum().backward()
    # As of a line within the range, which is what differences over many levels give.
    within = (signal > 0) & (signal < 1)
    assert (signal.grad[within] == 1).all() and (signal.grad[~within] == 0).all()


@pytest.mark.parametrize("strength", [-0.5, 0.5])
@pytest.mark.parametrize("brightness", [60, -60])
def test_a_point_leaves_a_tail_behind_it_on_its_line_alone(strength, brightness):
    """Behind what is bright a tail of negative strength is dark, behind what is dark it is bright."""
    image = torch.zeros(1, 3, 60, dtype=torch.float64)
    image[0, 1, 30] = brightness
    result = charged(image, number(strength), number(4.0), 4.0)[0] - image[0]
    mean = image[0, 1].mean()
    torch.testing.assert_close(result[[0, 2]], torch.zeros_like(result[[0, 2]]))
    assert result[1, 30] == pytest.approx(float(-strength * mean), rel=0.01)
    tail = result[1, 31:40] - result[1, 30]
    assert (tail * strength * brightness > 0).all()
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


ALL = {
    "quantisation": {"bits": 8},
    "levelling": {"tilt": 0.1},
    "ground_noise": {"carried": True},
    "noise_sigma": 0.01,
    "grain": {"sigma": 0.01},
    "line_noise": {"sigma": 0.01},
    "shot_noise": {"variance_per_signal": 0.01},
    "rings": {"sigma": 0.01},
    "saturation": {"share": 0.2},
    "response": {"gamma": {"learn": [0.5, 2]}},
    "scan": {"jitter_px": 0.2},
    "vignetting": {"strength": 0.1},
    "charging": {"strength": 0.1},
    "sharpening": {"amount": 0.1},
    "tail": {"weight": 0.1},
    "blur_sigma_px": 0.5,
    "astigmatism": {"along_px": 0.5},
    "defocus": {"blur_per_unit": 0.1},
    "glow": {"strength": 0.1},
    "seams": {"depth": 0.2},
    "rims": {"sigma": 0.1},
    "mottle": {"sigma": 0.1},
    "levels": {"share": 0.2, "gain": 0.5},
    "variation": {"sigma": 0.1},
}
"""Every operator, from the last to the first."""


def test_all_of_them_are_links_in_the_order_of_electrons():
    config = ImagingConfig.model_validate({"ground": {"model": "texture"}, **ALL})
    assert [link.operator.field for link in links_of(config)] == list(reversed(ALL))
    assert list(reversed(ALL)) == [name for name in ImagingConfig.model_fields if name not in BEFORE_OPERATORS]
    assert [spec.name for link in links_of(config) for spec in link.columns] == ["imaging.response.gamma"]


def test_left_as_they_are_they_are_left_out():
    assert links_of(ImagingConfig(noise_sigma=0)) == ()
