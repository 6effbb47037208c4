from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.generalist.magnification.forest import load_forest, packaged_forest, save_forest
from diffrendergan.generalist.magnification.learning import ASKED, LEAST_IN_A_LEAF, grown
from diffrendergan.generalist.magnification.signs import SIGNS
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.packaged import packaged_bytes


@pytest.fixture(scope="module")
def looks():
    signs = np.random.default_rng(0).normal(size=(400, 5)).round(1)
    return signs, (signs[:, 1] > 0.3) * 0.6 + (signs[:, 3] > 0) * 0.3


def test_it_says_what_the_library_says(looks):
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(7, min_samples_leaf=LEAST_IN_A_LEAF, max_features=ASKED, random_state=3)
    model.fit(looks[0].astype(np.float32), looks[1])
    anew = np.random.default_rng(1).normal(size=(300, 5)).round(1)
    assert grown(*looks, 3, {}, trees=7)(anew) == pytest.approx(model.predict(anew), abs=1e-6)


def test_it_learns_what_makes_looks_good(looks):
    forest = grown(*looks, 0, {}, trees=20)
    low, high = forest(np.array([[0, -1, 0, -1, 0], [0, 1, 0, 1, 0]], float))
    assert low < 0.1 and high > 0.8


def test_it_is_kept_as_plain_tensors(looks, tmp_path):
    forest = grown(*looks, 0, {"seed": 0}, trees=3)
    save_forest(tmp_path / "forest.safetensors", forest)
    back = load_forest(tmp_path / "forest.safetensors")
    assert back.record == {"seed": 0}
    assert (back(looks[0]) == forest(looks[0])).all()
    assert not (replace(back, value=back.value + 1)(looks[0]) == forest(looks[0])).any()


def test_the_packaged_one_says_how_it_was_made_and_belongs_to_the_packaged_network():
    record = packaged_forest().record
    assert record["generalist"] == sha256_of(packaged_bytes())
    assert tuple(record["signs"]) == SIGNS
    assert packaged_forest().sign.max() == len(SIGNS) - 1
