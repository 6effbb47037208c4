"""The training of the head of whole shapes: what learns, and what it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from diffrendergan.generalist.prior import draw_example
from diffrendergan.generalist.whole_training import (
    LEAST_HIDDEN,
    HeadTraining,
    Useful,
    head_config,
    hidden_share,
    is_useful,
    shown,
)
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.unet.network import load_network
from diffrendergan.segmentation.unet.training import train_network
from diffrendergan.segmentation.unet.whole_head import HEAD


@pytest.fixture(scope="module")
def useful(bodies):
    return [Useful(5)(bodies, number) for number in range(3)]


def test_images_are_drawn_until_much_is_hidden(bodies, useful):
    assert all(is_useful(example) and hidden_share(example) >= LEAST_HIDDEN for example in useful)
    assert np.array_equal(Useful(5)(bodies, 1).image, useful[1].image)
    assert sum(is_useful(draw_example(*bodies, 128, 5, index)) for index in range(20)) < 20


def test_turned_images_have_turned_targets(useful):
    batch = shown([useful[0]] * 6, 1, np.random.default_rng(0))
    assert batch.stars is not None
    present = [int((classes > 0).sum()) for classes in batch.classes]
    assert len(set(present)) == 1
    # Rays are measured in the image as it is shown: those of all turns are of the same lengths in the mean.
    means = [
        float(lengths[weights > 0].mean())
        for lengths, weights in zip(batch.stars.lengths, batch.stars.weights, strict=True)
    ]
    assert np.ptp(means) < 0.25 * np.mean(means)
    assert len({image.numpy().tobytes() for image in batch.images}) > 1


def test_the_head_alone_learns(bodies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("diffrendergan.generalist.whole_training.HELD_OUT", 1)
    job = HeadTraining(head_config(2, 1), bodies, 0, tmp_path, images=2)
    network, info = load_network(train_network(job, SilentReporter()))
    assert info.whole and info.reach is None
    weights, begun = network.state_dict(), job.begin().state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in packaged_network()[0].state_dict().items())
    assert any(not torch.equal(weights[name], begun[name]) for name in weights if name.startswith(f"{HEAD}."))
