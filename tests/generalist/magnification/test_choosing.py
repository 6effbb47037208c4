from __future__ import annotations

import numpy as np
from tests.fixtures.toy_networks import Bright, discs

from diffrendergan.generalist.magnification.choosing import best_look, split_scales
from diffrendergan.generalist.magnification.signs import SIGNS
from diffrendergan.segmentation.protocol import Prediction


class Faint(Bright):
    """Is surer of an image that is mostly bright: of `discs` once bright and dark are exchanged."""

    def predict(self, pixels):
        sure = 0.97 if (pixels > 0.5).mean() > 0.5 else 0.88
        inside = np.where(pixels > 0.5, sure, 0.02)
        return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)


class Counting(Bright):
    """Remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def predict(self, pixels):
        self.shown.append(pixels.shape[0])
        return super().predict(pixels)


def by(sign, of=1.0):
    return lambda signs: of * signs[:, SIGNS.index(sign)]


def test_bright_and_dark_are_exchanged_where_that_is_surer():
    assert not best_look(Bright(), discs(), by("magnification")).turned
    turned = best_look(Faint(), discs(), by("magnification"))
    assert turned.turned and turned.prediction.classes[1][0, 0] > 0.9


def test_among_sure_looks_the_one_that_is_judged_best_counts():
    class Even(Bright):
        def predict(self, pixels):
            inside = np.where(pixels > 0.5, 0.95, 0.02)
            return Prediction(np.stack([1 - inside, inside, np.zeros_like(inside)]).astype(np.float32), inside)

    large = np.kron(discs(), np.ones((5, 5), np.float32))  # 640 px, discs of 120 px
    assert best_look(Even(), large, by("off the best size", -1)).scale == 0.25
    assert best_look(Even(), large, by("magnification", -1)).scale == 0.125
    # Of larger ones than ½ it is not sure enough, however good they are judged.
    assert best_look(Bright(), discs(), by("magnification")).scale == 0.5


def test_larger_magnifications_are_left_out_once_particles_are_large():
    network = Counting()
    best_look(network, discs(256, 12), by("surety"))
    assert network.shown == [64, 64, 128, 128, 256, 512]  # of 24 px at 1
    large = np.kron(discs(), np.ones((4, 4), np.float32))  # of 96 px, 48 at ½
    network.edge = 256
    network.shown.clear()
    best_look(network, large, by("surety"))
    assert network.shown == [64, 64, 128, 128, 256, 256]


def test_scans_too_small_to_be_made_smaller_are_looked_at_as_they_are():
    assert split_scales((40, 40)) == ((1.0,), (2.0,))
    assert split_scales((1024, 768)) == ((0.125, 0.25, 0.5), (1.0,))
    assert best_look(Bright(), discs(40, 6), by("surety")).scale in (1.0, 2.0)
