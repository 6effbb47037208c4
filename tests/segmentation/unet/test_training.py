"""Training: resumed equals uninterrupted, it learns, and it stops when it diverges."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.errors import RunFolderError, TrainingDivergedError
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.unet.network import load_network
from diffrendergan.segmentation.unet.training import TrainingJob, learning_rate, train_network

REPORTER = SilentReporter()


class KilledError(Exception):
    pass


class KillingReporter(SilentReporter):
    """Ends the loop after some steps, as Ctrl-C would."""

    def __init__(self, steps):
        self.steps = steps

    def track(self, items, description, total=None):
        for number, item in enumerate(items):
            if number == self.steps:
                raise KilledError
            yield item


def make_job(config, data, folder) -> TrainingJob:
    return TrainingJob(config, data, contour_width_px=1, root_seed=0, seed=0, folder=folder)


@pytest.mark.parametrize("steps", [0, 5, 11])
def test_resumed_equals_uninterrupted(tmp_path, toy_config, toy_data, steps):
    whole = make_job(toy_config, toy_data, tmp_path / "whole")
    train_network(whole, REPORTER)
    parts = make_job(toy_config, toy_data, tmp_path / "parts")
    with pytest.raises(KilledError):
        train_network(parts, KillingReporter(steps))
    assert not parts.network_path.exists()
    train_network(parts, REPORTER)
    assert parts.network_path.read_bytes() == whole.network_path.read_bytes()
    history = (parts.folder / "history.json").read_text()
    assert history == (whole.folder / "history.json").read_text()
    assert [record["step"] for record in json.loads(history)["records"]][-1] == toy_config.steps
    assert not parts.checkpoint_path.exists()


def test_finished_training_is_kept(tmp_path, toy_config, toy_data):
    job = make_job(toy_config, toy_data, tmp_path)
    train_network(job, REPORTER)
    before = job.network_path.stat().st_mtime_ns
    train_network(job, KillingReporter(0))
    assert job.network_path.stat().st_mtime_ns == before


def test_seed_matters(tmp_path, toy_config, toy_data):
    first = make_job(toy_config, toy_data, tmp_path / "0")
    for other in (replace(first, seed=1, folder=tmp_path / "1"), replace(first, root_seed=1, folder=tmp_path / "2")):
        assert train_network(other, REPORTER).read_bytes() != train_network(first, REPORTER).read_bytes()


def test_it_learns_disks(tmp_path, toy_config, toy_data):
    config = toy_config.model_copy(
        update={"steps": 150, "channels": (8, 16), "learning_rate": 1e-2, "batch_size": 4, "augmentation_strength": 0.2}
    )
    job = make_job(config, toy_data, tmp_path)
    network, info = load_network(train_network(job, REPORTER))
    assert info.validation_dice > 0.6
    assert info.pixel_size_nm == 5.0
    image = toy_data.validation[0]
    with torch.no_grad():
        pixels = torch.from_numpy(image.pixels)[None, None]
        classes = network((pixels - 0.5) / 0.25).argmax(1)[0].numpy()
    assert np.mean((classes > 0) == (image.instances > 0)) > 0.9


def test_divergence_names_the_last_good_state(tmp_path, toy_config, toy_data):
    broken = LabelledImage("nan", np.full((48, 48), np.nan, np.float32), toy_data.annotated[0].instances)
    job = make_job(toy_config, replace(toy_data, annotated=(broken,), backgrounds=()), tmp_path)
    with pytest.raises(TrainingDivergedError, match="nothing was saved yet"):
        train_network(job, REPORTER)
    good = make_job(toy_config, replace(toy_data, annotated=toy_data.annotated[:1], backgrounds=()), tmp_path)
    with pytest.raises(KilledError):
        train_network(good, KillingReporter(4))
    saved = job.checkpoint_path.read_bytes()
    with pytest.raises(TrainingDivergedError, match=r"last good state is .*checkpoint\.safetensors"):
        train_network(job, REPORTER)
    assert job.checkpoint_path.read_bytes() == saved


def test_checkpoint_of_another_configuration(tmp_path, toy_config, toy_data):
    job = make_job(toy_config, toy_data, tmp_path)
    with pytest.raises(KilledError):
        train_network(job, KillingReporter(6))
    other = replace(job, contour_width_px=4)
    with pytest.raises(RunFolderError, match="contour_width_px changed"):
        train_network(other, REPORTER)


def test_broken_checkpoint(tmp_path, toy_config, toy_data):
    job = make_job(toy_config, toy_data, tmp_path)
    with pytest.raises(KilledError):
        train_network(job, KillingReporter(6))
    whole = job.checkpoint_path.read_bytes()
    job.checkpoint_path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunFolderError, match="is broken"):
        train_network(job, REPORTER)
    assert [path.name for path in Path(tmp_path).iterdir()] == ["checkpoint.safetensors"]


def test_without_held_out_images_the_last_average_is_kept(tmp_path, toy_config, toy_data):
    job = make_job(toy_config, replace(toy_data, validation=()), tmp_path)
    _, info = load_network(train_network(job, REPORTER))
    assert info.step == toy_config.steps


def test_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 1000, 0.1) for step in range(1000)]
    assert rates.index(max(rates)) in (49, 50)
    assert max(rates) == pytest.approx(0.1)
    assert rates[0] == pytest.approx(0.1 / 50)
    assert rates[-1] == pytest.approx(0.001, rel=0.01)
    assert all(later <= earlier for earlier, later in pairwise(rates[50:]))
    assert learning_rate(0, 1, 0.1) == pytest.approx(0.1)


def test_a_training_can_begin_with_the_generalists_weights(tmp_path, toy_data):
    config = SegmentationConfig(start="generalist", steps=1, patch_size=32)
    begun = make_job(config, toy_data, tmp_path).begin().state_dict()
    packaged = packaged_network()[0].state_dict()
    assert all(torch.equal(value, packaged[name]) for name, value in begun.items())
