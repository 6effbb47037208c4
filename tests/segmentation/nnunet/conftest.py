"""Toy particles for nnU-Net: bright disks of 64 px images, and a network trained on them in seconds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.fixtures.once import made_once

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import NnunetConfig, SegmentationConfig
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.segmentation.unet.training import TrainingJob

SIZE = 64
TINY = {
    "epochs": 2,
    "iterations_per_epoch": 2,
    "validation_iterations": 1,
    "batch_size": 2,
    "base_features": 4,
    "max_features": 8,
}

MakeJob = Callable[..., TrainingJob]


class TellingReporter(SilentReporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tracks: list[tuple[str, int | None]] = []

    def track(self, items, description, total=None):
        self.tracks.append((description, total))
        yield from items

    def note(self, message):
        self.notes.append(message)


def draw(seed: int, size: int = SIZE) -> LabelledImage:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    instances = np.zeros((size, size), np.int32)
    for number in range(1, 6):
        row, column, radius = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(6, 10)
        instances[np.hypot(rows - row, columns - column) <= radius] = number
    pixels = np.where(instances > 0, 0.7, 0.2) + rng.normal(0, 0.03, instances.shape)
    numbers = np.unique(instances)
    return LabelledImage(
        f"disks {seed}", pixels.astype(np.float32), np.searchsorted(numbers, instances).astype(np.int32)
    )


def make_data(count: int = 8) -> SegmentationData:
    empty = LabelledImage("empty", np.full((SIZE, SIZE), 0.2, np.float32), np.zeros((SIZE, SIZE), np.int32))
    return SegmentationData(tuple(draw(seed) for seed in range(count)), (empty,), (draw(100),), 5.0, "synthetic")


def make_training(
    folder: Path, data: SegmentationData | None = None, seed: int = 0, device: DeviceName = "cpu", **settings: Any
) -> TrainingJob:
    config = SegmentationConfig(network="nnunet", nnunet=NnunetConfig(**{**TINY, **settings}))
    return TrainingJob(config, data or make_data(), 1, root_seed=0, seed=seed, folder=folder, device=device)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small wait for their threads longer than they compute; the worker's process takes it over."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture
def disks() -> Callable[..., LabelledImage]:
    return draw


@pytest.fixture
def data() -> SegmentationData:
    return make_data()


@pytest.fixture
def make_job() -> MakeJob:
    return make_training


@pytest.fixture
def telling() -> TellingReporter:
    return TellingReporter()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, one_thread: None) -> dict[str, Any]:
    """Two folds, trained without interruption; with what was told and whether the environment changed."""
    pytest.importorskip("nnunetv2")
    from diffrendergan.segmentation.nnunet.folders import NnunetFolders
    from diffrendergan.segmentation.nnunet.training import train_nnunet

    def make(folder: Path) -> None:
        reporter, before = TellingReporter(), dict(os.environ)
        train_nnunet(make_training(folder, folds=(0, 3)), reporter)
        told = {"tracks": reporter.tracks, "notes": reporter.notes, "environment_kept": before == dict(os.environ)}
        (folder / "told.json").write_text(json.dumps(told))

    job = make_training(made_once(tmp_path_factory, "trained-nnunet", make), folds=(0, 3))
    told = json.loads((job.folder / "told.json").read_text())
    reporter = TellingReporter()
    reporter.notes, reporter.tracks = told["notes"], [tuple(track) for track in told["tracks"]]
    return {
        "job": job,
        "path": NnunetFolders(job.folder, job.data.trained_on).description,
        "reporter": reporter,
        "environment_kept": told["environment_kept"],
    }
