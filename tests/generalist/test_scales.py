from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.scales import ENLARGED, Looked, best_look, look, particles_at, scales_for
from diffrendergan.segmentation.protocol import Prediction


class Bright:
    """Takes what is bright for particles, the surer the nearer the image is to a size."""

    def __init__(self, edge=64):
        self.edge = edge

    def predict(self, pixels):
        sure = 0.98 - 0.1 * abs(np.log2(pixels.shape[0] / self.edge))
        inside = np.where(pixels > 0.5, max(sure, 0.88), 0.02)
        return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)


class Faint(Bright):
    """Is surer of an image that is mostly bright: of `discs` once bright and dark are exchanged."""

    def predict(self, pixels):
        sure = 0.97 if (pixels > 0.5).mean() > 0.5 else 0.88
        inside = np.where(pixels > 0.5, sure, 0.02)
        return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)


def discs(size=128, radius=12):
    y, x = np.mgrid[:size, :size]
    return sum(((x - cx) ** 2 + (y - cy) ** 2 < radius**2) for cx, cy in ((30, 30), (90, 40), (60, 95))).astype(
        np.float32
    )


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


def test_bright_and_dark_are_exchanged_where_that_is_surer():
    assert not best_look(Bright(), discs()).turned
    turned = best_look(Faint(), discs())
    assert turned.turned and turned.prediction.classes[1][0, 0] > 0.9


def test_among_magnifications_that_are_as_sure_the_size_of_particles_decides():
    class Even(Bright):
        def predict(self, pixels):
            inside = np.where(pixels > 0.5, 0.95, 0.02)
            return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)

    large = np.kron(discs(), np.ones((5, 5), np.float32))  # discs of 120 px
    assert best_look(Even(), large).scale == 0.25
    assert best_look(Even(), discs()).scale == 1.0


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
