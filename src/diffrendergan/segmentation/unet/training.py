"""The training of a segmentation network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.errors import TrainingDivergedError
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.unet.averaging import move_average
from diffrendergan.segmentation.unet.batch_loss import batch_loss, held_scores
from diffrendergan.segmentation.unet.batches import Batch, draw_batch, stream_batches, validation_batch
from diffrendergan.segmentation.unet.checkpoint import (
    TrainingState,
    copy_weights,
    restore_checkpoint,
    save_checkpoint,
)
from diffrendergan.segmentation.unet.descent import descend, learning_rate
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import NetworkInfo, build_network, save_network, with_whole_shapes
from diffrendergan.segmentation.unet.recipe import RECIPE, WHOLE_RECIPE
from diffrendergan.segmentation.unet.whole_head import has_whole_shapes

NETWORK_FILE = "network.safetensors"
VALIDATIONS = 10
"""How often a training is validated and saved."""
VALIDATION_CROPS = 48
AVERAGE_DECAY = 0.99
"""Decay of the moving average of the weights per step."""
BATCH_THREADS = {"cpu": 1, "cuda": 8}
"""Threads that prepare batches while the network learns: a GPU is fed by several."""


class TrainingFolder:
    """Where a training puts its files."""

    folder: Path

    @property
    def network_path(self) -> Path:
        """Where the trained network lies; it exists once training has ended well."""
        return self.folder / NETWORK_FILE

    @property
    def checkpoint_path(self) -> Path:
        """Where an interrupted training lies."""
        return self.folder / "checkpoint.safetensors"


@dataclass(frozen=True)
class TrainingJob(TrainingFolder):
    """A network to be trained."""

    config: SegmentationConfig
    data: SegmentationData
    contour_width_px: int
    root_seed: int
    """The project's seed."""
    seed: int
    """Which of the project's networks."""
    folder: Path
    """Gets `network.safetensors`, `history.json` and, until done, `checkpoint.safetensors`."""
    device: DeviceName = "auto"
    """Where it is trained."""
    whole: bool = False
    """Whether the network learns whole shapes, too, from images that have them."""

    @property
    def trained_on(self) -> str:
        """`synthetic` or `real`."""
        return self.data.trained_on

    @property
    def pixel_size_nm(self) -> float | None:
        """Of the images [nm], if known."""
        return self.data.pixel_size_nm

    @property
    def validations(self) -> int:
        """How often it is validated and saved."""
        return VALIDATIONS

    def begin(self) -> nn.Module:
        """Return a network of random weights, or that of the packaged generalist."""
        seed = seeds.integer(self.stream, "weights")
        if self.config.start == "generalist":
            plain = packaged_network()[0]
            return with_whole_shapes(plain, seed) if self.whole else plain
        return build_network(self.config, seed, self.whole)

    def held(self) -> Batch:
        """Return crops of the held-out images."""
        size, width = self.config.patch_size, self.contour_width_px
        return validation_batch(self.data.validation, size, width, VALIDATION_CROPS, self.whole)

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches, which threads prepare."""
        return stream_batches(self.draw, steps, threads)

    def draw(self, step: int) -> Batch:
        """Return the batch of a step."""
        config = self.config
        return draw_batch(
            self.data,
            config.batch_size,
            config.patch_size,
            config.augmentation_strength,
            self.contour_width_px,
            self.stream,
            step,
            self.whole,
        )

    @property
    def stream(self) -> int:
        """Seed of the initial weights and of all batches."""
        return seeds.integer(self.root_seed, "segmentation", self.seed)

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        images = {"annotated": len(self.data.annotated), "backgrounds": len(self.data.backgrounds)}
        return {
            "recipe": RECIPE,
            "segmentation": self.config.model_dump(mode="json", exclude={"overlap", "nnunet", "own", "adapt"}),
            "contour_width_px": self.contour_width_px,
            "seed": [self.root_seed, self.seed],
            "images": {**images, "trained_on": self.data.trained_on},
            **({"whole": [WHOLE_RECIPE, list(WHOLE_RULES)]} if self.whole else {}),
        }


class Training(Protocol):
    """What `train_network` needs to know of a training."""

    @property
    def contour_width_px(self) -> int:
        """Width of the contour class [px]."""
        ...

    @property
    def seed(self) -> int:
        """Which of the networks."""
        ...

    @property
    def folder(self) -> Path:
        """Gets network, history and, until done, the checkpoint."""
        ...

    @property
    def device(self) -> DeviceName:
        """Where it is trained."""
        ...

    @property
    def config(self) -> SegmentationConfig:
        """Network, steps, batch size, learning rate."""
        ...

    @property
    def trained_on(self) -> str:
        """`synthetic` or `real`, or what else the images are."""
        ...

    @property
    def pixel_size_nm(self) -> float | None:
        """Of the images [nm], if known."""
        ...

    @property
    def validations(self) -> int:
        """How often it is validated and saved."""
        ...

    @property
    def network_path(self) -> Path:
        """Where the trained network is put."""
        ...

    @property
    def checkpoint_path(self) -> Path:
        """Where an interrupted training lies."""
        ...

    @property
    def stream(self) -> int:
        """Seed of the initial weights and of all batches."""
        ...

    def begin(self) -> nn.Module:
        """Return the network as it is before the first step."""
        ...

    def batches(self, steps: range, threads: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps with their batches, which threads or processes prepare."""
        ...

    def held(self) -> Batch:
        """Return the images on which it is validated."""
        ...

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the training depends on."""
        ...


def train_network(job: Training, reporter: Reporter) -> Path:
    """Train a network, or finish an interrupted training, and return where it lies.

    AdamW with warm-up and cosine decay; an exponential moving average of the weights is validated ten times on the
    held-out images, and its best version is kept. A resumed training gives the same network as an uninterrupted
    one, bit for bit on a CPU with the same number of threads.

    Raises
    ------
    TrainingDivergedError
        If the loss becomes NaN or infinite.
    RunFolderError
        If the checkpoint is broken, belongs to another configuration, or cannot be written.
    """
    if job.network_path.exists():
        return job.network_path
    keep_large_buffers()
    config, device = job.config, torch_device(job.device)
    state = _fresh_state(job, device)
    if job.checkpoint_path.exists():
        restore_checkpoint(job.checkpoint_path, state, job.fingerprint())
    held = job.held()
    interval = max(1, config.steps // job.validations)
    losses: list[float] = []
    todo = range(state.step, config.steps)
    batches = job.batches(todo, BATCH_THREADS[device.type])
    for step, batch in reporter.track(batches, f"train on {job.trained_on} images, seed {job.seed}", len(todo)):
        losses.append(_train_step(job, state, step, batch, device))
        if state.step % interval == 0 or state.step == config.steps:
            _validate(job, state, held, sum(losses) / len(losses), device)
            losses.clear()
            save_checkpoint(job.checkpoint_path, state, job.fingerprint())
    return _finish(job, state)


def _fresh_state(job: Training, device: torch.device) -> TrainingState:
    network = laid_out(job.begin(), device, learns=True).train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=job.config.learning_rate, weight_decay=job.config.weight_decay
    )
    weights = copy_weights(network.state_dict())
    return TrainingState(network, optimizer, average=weights, best=copy_weights(weights))


def _train_step(job: Training, state: TrainingState, step: int, batch: Batch, device: torch.device) -> float:
    config = job.config
    loss = batch_loss(state.network, batch, job.contour_width_px, device)
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingDivergedError(_divergence(job, step))
    descend(state.network, state.optimizer, loss, learning_rate(step, config.steps, config.learning_rate))
    # Early steps count less, so that the initial weights are soon forgotten.
    move_average(state.average, state.network.state_dict(), min(AVERAGE_DECAY, (1 + step) / (10 + step)))
    state.step = step + 1
    return value


def _divergence(job: Training, step: int) -> str:
    saved = f"the last good state is {job.checkpoint_path}" if job.checkpoint_path.exists() else "nothing was saved yet"
    return (
        f"the loss of the segmentation network became NaN or infinite in step {step} ({saved}); lower "
        "segmentation.learning_rate and check the synthetic images."
    )


@torch.no_grad()
def _validate(job: Training, state: TrainingState, held: Batch, train_loss: float, device: torch.device) -> None:
    """Score the average, record it and keep it if it is the best so far; without held-out images the last is."""
    record = {"step": state.step, "train_loss": train_loss}
    score = state.best_dice
    if len(held.images):
        at_once = job.config.batch_size
        score, found = held_scores(state.network, state.average, held, job.contour_width_px, at_once, device)
        record.update(found)
    if score >= state.best_dice:
        state.best, state.best_dice, state.best_step = copy_weights(state.average), score, state.step
    state.history.append(record)


def _finish(job: Training, state: TrainingState) -> Path:
    config = job.config
    info = NetworkInfo(
        channels=config.built_channels,
        residual_units=config.residual_units,
        patch_size=config.patch_size,
        pixel_size_nm=job.pixel_size_nm,
        trained_on=job.trained_on,
        seed=job.seed,
        step=state.best_step,
        validation_dice=state.best_dice,
        whole=has_whole_shapes(state.network),
    )
    write_json(job.folder / "history.json", {"best_step": state.best_step, "records": state.history})
    save_network(job.network_path, state.best, info)
    job.checkpoint_path.unlink(missing_ok=True)
    return job.network_path
