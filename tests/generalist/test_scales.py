from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.toy_networks import Bright, discs

from diffrendergan.generalist.scales import ENLARGED, Looked, look, particles_at, scales_for
from diffrendergan.segmentation.protocol import Prediction


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0, 2.0])
def test_particles_are_those_of_the_scan_at_any_magnification(scale):
    labels = particles_at(look(Bright(), discs(), scale), (128, 128))
    assert labels.shape == (128, 128) and labels.max() == 3
    assert ((labels > 0) == (discs() > 0)).mean() > 0.97


def test_the_surest_magnification_is_told():
    sureties = {scale: look(Bright(64), discs(), scale).surety for scale in (0.25, 0.5, 1.0)}
    assert max(sureties, key=sureties.get) == 0.5


def test_regions_that_the_network_is_unsure_of_are_no_particles():
    class Unsure(Bright):
        def predict(self, pixels):
            inside = np.where(pixels > 0.5, np.where(np.arange(pixels.shape[1]) < 64, 0.95, 0.8), 0.02)
            return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)

    labels = particles_at(look(Unsure(), discs(), 1.0), (128, 128))
    assert labels[30, 30] > 0 and labels[40, 90] == 0


def test_nothing_is_no_surety():
    nothing = np.zeros((32, 32), np.float32)
    assert look(Bright(), nothing, 1.0).surety == 0
    assert not particles_at(look(Bright(), nothing, 0.5), (32, 32)).any()


def test_small_scans_are_enlarged_and_never_made_tiny():
    assert scales_for((1024, 768)) == (0.125, 0.25, 0.5, 1.0)
    assert scales_for((200, 300)) == (0.5, 1.0, ENLARGED)
    assert scales_for((40, 40)) == (1.0, ENLARGED)


def test_a_look_holds_its_scale():
    assert isinstance(look(Bright(), discs(), 0.5), Looked) and look(Bright(), discs(), 0.5).scale == 0.5
