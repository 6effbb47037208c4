"""What is learned of kinds, from made-up descriptions whose truth is plain."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.kinds.judge import WORDS
from diffrendergan.generalist.kinds.learning import FALSE_ALARMS, learned, table_of
from diffrendergan.generalist.kinds.model import load_kinds, packaged_kinds, save_kinds
from diffrendergan.runs.digest import sha256_of
from diffrendergan.segmentation.packaged import packaged_bytes

LOOKS = tuple(WORDS)


def descriptions(count: int = 800, features: int = 90, far: float = 3.0) -> tuple[list[str], np.ndarray]:
    """Return looks and vectors: each look lies `far` in a direction of its own, empty ones anywhere."""
    rng = np.random.default_rng(0)
    names = [("empty", *LOOKS)[index] for index in rng.integers(0, 6, count)]
    vectors = rng.normal(0, 1, (count, features)).astype(np.float32) * np.linspace(0.5, 20, features, dtype=np.float32)
    for index, name in enumerate(names):
        if name != "empty":
            vectors[index, LOOKS.index(name)] += far
    return names, vectors + 7


@pytest.fixture(scope="module")
def model():
    return learned(*descriptions(), {"seed": 3})


def test_clear_kinds_are_learned_and_their_probabilities_hold(model):
    names, vectors = descriptions()
    shown = np.array([name != "empty" for name in names])
    shares = np.exp(model.log_probabilities(vectors[shown]))
    assert shares.sum(axis=1) == pytest.approx(1)
    told = [LOOKS[index] for index in shares.argmax(axis=1)]
    right = np.array(told) == np.array(names)[shown]
    assert right.mean() > 0.85
    assert shares.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.06)
    assert {row["images"] for row in model.record["kept_back"].values()} <= set(range(20, 60))
    assert all(row["right"] > 0.75 for row in model.record["kept_back"].values()) and model.record["seed"] == 3


def test_one_in_a_hundred_is_strange_and_so_is_what_lies_elsewhere(model):
    _, vectors = descriptions()
    assert model.record["false_alarms"] == pytest.approx(FALSE_ALARMS, abs=0.01)
    assert (model.strangeness(vectors) > 1).mean() < 0.03
    elsewhere = vectors[:20] + 40 * np.sign(np.random.default_rng(1).normal(size=vectors.shape[1])).astype(np.float32)
    assert (model.strangeness(elsewhere) > 1).all()


def test_it_is_kept_as_plain_tensors(model, tmp_path):
    save_kinds(tmp_path / "a.safetensors", model)
    back = load_kinds(tmp_path / "a.safetensors")
    _, vectors = descriptions(40)
    assert back.record == {**model.record, "looks": list(LOOKS)}
    assert back.log_probabilities(vectors) == pytest.approx(model.log_probabilities(vectors), abs=1e-4)
    assert back.strangeness(vectors) == pytest.approx(model.strangeness(vectors), rel=1e-3)


def test_the_table_counts_families_as_right_and_names_what_is_not_told():
    shares = np.array([[0.5, 0.5, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0, 1, 0, 0]])
    table = table_of(shares, ["backscattered", "secondary", "secondary"], LOOKS, 0.9)
    assert table["backscattered"] == {"images": 1, "right": 1.0, "cannot_tell": 0.0, "likeliest": 0.0}
    assert table["secondary"] == {"images": 2, "right": 0.0, "cannot_tell": 0.5, "likeliest": 0.5}


def test_the_packaged_model_says_how_it_was_made_and_belongs_to_the_packaged_network():
    record = packaged_kinds().record
    assert {"commit", "seed", "images", "prior", "threshold", "kept_back", "temperature"} <= record.keys()
    assert record["generalist"] == sha256_of(packaged_bytes()), "run scripts/make-kinds"
