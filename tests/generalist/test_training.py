"""A training of a few steps: the same in one go and in two, and packed for use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.generalist.training import GeneralistTraining, generalist_config
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.packaged import pack
from diffrendergan.segmentation.unet.network import load_network
from diffrendergan.segmentation.unet.training import train_network


class StoppedError(Exception):
    pass


def job(bodies, folder, monkeypatch, steps=3):
    monkeypatch.setattr("diffrendergan.generalist.training.HELD_OUT", 2)
    config = generalist_config(steps, new_images=2).model_copy(update={"channels": (4, 8, 8), "patch_size": 64})
    return GeneralistTraining(config, bodies, seed=1, folder=folder, device="cpu")


def test_a_stopped_training_goes_on_and_gives_the_same(bodies, tmp_path, monkeypatch):
    whole = train_network(job(bodies, tmp_path / "whole", monkeypatch), SilentReporter())

    class Stops(SilentReporter):
        def track(self, items, text, total):
            for number, item in enumerate(items):
                if number == 2:
                    raise StoppedError
                yield item

    with pytest.raises(StoppedError):
        train_network(job(bodies, tmp_path / "halved", monkeypatch), Stops())
    halved = train_network(job(bodies, tmp_path / "halved", monkeypatch), SilentReporter())
    assert whole.read_bytes() == halved.read_bytes()


def test_packed_weights_are_the_trained_ones_in_half_precision(bodies, tmp_path, monkeypatch):
    trained = train_network(job(bodies, tmp_path, monkeypatch, steps=1), SilentReporter())
    pack(trained, tmp_path / "packed.safetensors", {"seed": 1})
    (first, info), (second, packed) = load_network(trained), load_network(tmp_path / "packed.safetensors")
    assert packed == info
    for name, value in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], value.half().to(value.dtype))
    assert next(second.parameters()).dtype == torch.float32


def test_batches_hold_standardised_images_and_classes(bodies, tmp_path, monkeypatch):
    _, batch = next(job(bodies, tmp_path, monkeypatch).batches(range(4, 5), 1))
    assert batch.images.shape == (2, 1, 64, 64) and batch.classes.shape == (2, 64, 64)
    assert batch.images.mean() == pytest.approx(0.5, abs=0.05)
    assert set(np.unique(batch.classes)) <= {0, 1, 2}
