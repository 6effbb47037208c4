"""Corrections: what a network learns from, and that it can be stopped and repeated."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.unet.correction import Correction
from diffrendergan.segmentation.unet.training import TrainingJob, train_network


class KilledError(Exception):
    pass


class Killing(SilentReporter):
    """Ends the loop after some steps, as Ctrl-C would."""

    def track(self, items, description, total=None):
        for number, item in enumerate(items):
            if number == 5:
                raise KilledError
            yield item


@pytest.fixture(scope="module")
def start(tmp_path_factory, toy_config, toy_data):
    job = TrainingJob(toy_config, toy_data, 1, 0, 0, tmp_path_factory.mktemp("start") / "job")
    return train_network(job, SilentReporter())


@pytest.fixture
def make_job(toy_config, toy_data, disks, start):
    def make(folder, seed: int = 7) -> Correction:
        scan = disks(seed, 64, 80, 9)
        config = toy_config.model_copy(update={"steps": 8})
        return Correction(config, toy_data, (scan,), start, 1, 0, 0, folder)

    return make


def test_a_step_shows_corrections_and_the_images_of_the_run(make_job, tmp_path):
    job = make_job(tmp_path)
    batch, again, other = job.draw(3), job.draw(3), make_job(tmp_path, seed=8).draw(3)
    assert len(batch.images) == job.config.batch_size and torch.equal(batch.images, again.images)
    half = round(job.config.batch_size / 2)
    # Only the crops of the corrected scan differ with it.
    assert not torch.equal(batch.images[:half], other.images[:half])
    assert torch.equal(batch.images[half:], other.images[half:])
    assert len(job.held().images) == len(job.of_corrected.images) + len(job.of_run.images)


def test_it_can_be_stopped_and_goes_on_to_the_same_network(make_job, tmp_path, start):
    before = start.read_bytes()
    whole = train_network(make_job(tmp_path / "whole"), SilentReporter())
    with pytest.raises(KilledError):
        train_network(make_job(tmp_path / "part"), Killing())
    part = make_job(tmp_path / "part")
    assert part.checkpoint_path.exists() and not part.network_path.exists()
    assert train_network(part, SilentReporter()).read_bytes() == whole.read_bytes()
    assert start.read_bytes() == before != whole.read_bytes()
    shutil.rmtree(tmp_path / "part")


def test_other_corrections_are_another_training(make_job, tmp_path):
    one, same, other = (make_job(tmp_path, seed).fingerprint() for seed in (7, 7, 8))
    assert one == same != other


def test_scores_are_told_of_both_kinds_of_images(make_job, tmp_path, start):
    found = make_job(tmp_path).scores(start)
    assert set(found) == {"corrected_scans", "images_of_the_run"}
    assert all(0 <= value <= 1 and np.isfinite(value) for value in found.values())
