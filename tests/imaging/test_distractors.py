"""Distractors: on the ground, behind the particles, as many as asked for, and the same for the same generator."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from diffrendergan.config.ground import DistractorConfig
from diffrendergan.imaging.composite import Composite
from diffrendergan.imaging.distractors import KINDS, Distractors, draw_distractors

SHAPE = (96, 128)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_hides_a_part_of_the_ground_and_is_brighter_or_darker(kind):
    for dark in (0.0, 1.0):
        config = DistractorConfig(number=(1, 1), kinds=(kind,), size_px=(20, 30), contrast=(0.1, 0.2), dark=dark)
        for seed in range(5):
            opacity, contrast = draw_distractors(SHAPE, config, np.random.default_rng(seed))
            assert opacity.shape == contrast.shape == SHAPE and opacity.dtype == contrast.dtype == np.float32
            assert opacity.min() >= 0 and 0.05 < opacity.max() <= 1
            assert (opacity < 0.01).mean() > 0.3
            assert (contrast[opacity > 0.1].mean() < 0) == bool(dark)


def test_there_are_as_many_as_asked_for():
    config = DistractorConfig(number=(0, 3), kinds=("bead",), size_px=(4, 6))
    counts = [
        ndimage.label(draw_distractors((400, 400), config, np.random.default_rng(seed))[0] > 0.5)[1]
        for seed in range(40)
    ]
    assert set(counts) == {0, 1, 2, 3}


def test_they_lie_behind_particles_and_in_their_shadow(rng):
    through = torch.ones(2, *SHAPE)
    through[:, :48] = 0.0
    through[:, 48:72] = 0.5
    plain = Composite(1 - through, through, torch.full((2, *SHAPE), 0.2))
    config = DistractorConfig(number=(6, 6), size_px=(30, 40), contrast=(0.2, 0.3), dark=0.0)
    made = Distractors(config).laid(plain, rng(3))
    change = made.image - plain.image
    assert (change[:, :48] == 0).all()
    assert change[:, 48:].amax((1, 2)).min() > 0.05
    assert (made.through <= plain.through).all()
    assert not torch.equal(change[0], change[1])


def test_the_same_generator_draws_the_same(rng):
    plain = Composite(torch.zeros(1, *SHAPE), torch.ones(1, *SHAPE), torch.full((1, *SHAPE), 0.2))
    drawn = Distractors(DistractorConfig(number=(3, 5)))
    first, again, other = (drawn.laid(plain, rng(seed)).image for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_ranges_do_not_fall():
    with pytest.raises(ValueError, match="the range must not fall"):
        DistractorConfig(number=(3, 1))
    assert not DistractorConfig().acts and DistractorConfig(number=(0, 1)).acts
