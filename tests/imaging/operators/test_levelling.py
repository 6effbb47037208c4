from __future__ import annotations

import pytest
import torch

from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.imaging.chain import links_of
from diffrendergan.imaging.operators.levelling import scanned
from diffrendergan.imaging.passage import passed


def test_plane_and_bow_have_their_strength(rng):
    flat = torch.zeros(400, 33, 33)
    tilted = scanned(flat, torch.full((400,), 0.2), torch.zeros(400), rng())
    rise = tilted[:, :, -1] - tilted[:, :, 0]
    assert rise.std() == pytest.approx(0.2, rel=0.12)
    bowed = scanned(flat, torch.zeros(400), torch.full((400,), 0.1), rng())
    assert (bowed[:, 16, 0] - bowed[:, 16, 16]).std() == pytest.approx(0.1, rel=0.12)
    torch.testing.assert_close(bowed[:, 0, 0] + 0 * bowed[:, 16, 16], bowed[:, -1, -1])


def test_derivatives(rng, assert_derivatives):
    flat = torch.rand(1, 12, 12, dtype=torch.float64, generator=rng(3))
    assert_derivatives(lambda theta: (scanned(flat, theta[:, 0], theta[:, 1], rng(1)) ** 2).sum(), [0.3, 0.2])


def test_what_is_added_is_taken_off_and_the_ground_stays_as_grey(rng):
    image = torch.full((1, 64, 64), 0.3) + 0.01 * torch.randn((1, 64, 64), generator=rng(2))
    image[0, 20:30, 20:30] += 0.4
    section = {"tilt": 0.3, "bow": 0.3, "degree": 2, "lines": True}
    config = ImagingConfig.model_validate({"noise_sigma": 0.0, "levelling": section})
    links = links_of(config)
    found = passed(image, links, [torch.zeros(1, 0) for _ in links], {}, rng()).images
    assert (found - image).abs().max() < 0.03
    left = config.model_copy(update={"levelling": config.levelling.model_copy(update={"degree": -1})})
    bent = passed(image, links_of(left), [torch.zeros(1, 0)], {}, rng()).images
    assert (bent - image).abs().max() > 0.1
