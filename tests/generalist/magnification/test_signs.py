from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.toy_networks import Bright, discs

from diffrendergan.generalist.magnification.choosing import small_looks
from diffrendergan.generalist.magnification.signs import SIGNS, described
from diffrendergan.generalist.scales import BEST_PX


def table(image, scales=(0.25, 0.5, 1.0), edge=64):
    signs = described(small_looks(Bright(edge), image, scales))
    return {name: signs[:, column] for column, name in enumerate(SIGNS)}


def test_what_a_look_shows_is_measured():
    found = table(discs())
    plain = slice(0, None, 2)
    assert found["magnification"][plain].tolist() == [-2, -1, 0]
    assert found["surety"][plain] == pytest.approx([0.88, 0.98, 0.88], abs=1e-3)
    assert found["foreground"][4] == pytest.approx(discs().mean())
    assert found["kept"][4] == found["foreground"][4] and found["share kept"][4] == pytest.approx(1)
    assert found["size"][4] == pytest.approx(np.log(24 / BEST_PX), abs=0.03)
    assert found["off the best size"][4] == -found["size"][4]
    # Two greys and nothing else: what is taken for foreground explains the image, but for what smoothing does.
    assert 0.8 < found["explained by particles"][4] <= 1
    share = discs().mean()
    unsure = share * _entropy(0.88) + (1 - share) * _entropy(0.02)
    assert found["entropy"][4] == pytest.approx(unsure, abs=1e-3)
    assert found["entropy of foreground"][4] == pytest.approx(_entropy(0.88), abs=1e-3)


def _entropy(share):
    return -(share * np.log(share) + (1 - share) * np.log(1 - share))


def test_looks_stand_beside_the_others_of_their_image():
    found = table(discs())
    assert found["surety below highest"].max() == 0 and found["surety below highest"][0] == pytest.approx(
        -0.1, abs=1e-3
    )
    assert found["sign's lead in kept"][0] == -found["sign's lead in kept"][1]
    assert found["agrees below"][0] == -1 and found["agrees above"][4] == -1
    assert found["agrees above"][2] == 1 == found["agrees below"][4]
    # Discs of 24 px in the surest look: at half of the magnification 12.
    assert found["off the usual size"][2] == pytest.approx(np.log(12 / BEST_PX), abs=0.06)


def test_an_image_without_anything_is_described():
    found = table(np.zeros((128, 128), np.float32))
    assert all(np.isfinite(column).all() for column in found.values())
    assert found["any"][0] == 0 == found["explained by particles"][0]
