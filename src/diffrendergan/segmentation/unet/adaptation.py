"""Adapting a trained network to scans without labels: it learns from its own moving average, a mean teacher.

Source: LOOK, "Then adapt the segmenter to the scans themselves"; Tarvainen & Valpola 2017, for the moving average.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import write_bytes, write_json
from diffrendergan.runs.device import mixed_precision, on_device, torch_device
from diffrendergan.runs.digest import sha256_of, sha256_of_file
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural
from diffrendergan.segmentation.rules import RULES
from diffrendergan.segmentation.unet.averaging import move_average, outputs_of
from diffrendergan.segmentation.unet.batch_loss import stars_loss
from diffrendergan.segmentation.unet.batches import Batch, draw_batch, filled_up, spread_windows, stream_batches
from diffrendergan.segmentation.unet.checkpoint import (
    TrainingState,
    Weights,
    copy_weights,
    restore_checkpoint,
    save_checkpoint,
)
from diffrendergan.segmentation.unet.departure import departure, found_in
from diffrendergan.segmentation.unet.descent import descend, learning_rate
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.losses import CLASSES, class_dice, network_loss
from diffrendergan.segmentation.unet.network import load_network, normalise, save_network
from diffrendergan.segmentation.unet.teacher import teach
from diffrendergan.segmentation.unet.training import BATCH_THREADS, NETWORK_FILE, TrainingFolder, TrainingJob
from diffrendergan.segmentation.unet.unlabelled import UnlabelledBatch, draw_unlabelled

ADAPTED = "adapted"
"""In the folder of a training: what was adapted of its network."""
ADAPTED_FILE = f"{ADAPTED}/{NETWORK_FILE}"
MADE_WITH = "made_with.json"
RECIPE = 1
"""Grows when the same network, scans and configuration come to give another result."""


class Losses(NamedTuple):
    """What a step tells of itself."""

    annotated: float
    unlabelled: float
    sure: float
    """Share of the pixels of the unlabelled crops that were learned, in [0, 1]."""


@dataclass(frozen=True)
class Adaptation(TrainingFolder):
    """A trained network, and the scans that it is to be adapted to."""

    training: TrainingJob
    """Its network is trained; its data hold the scans, and the annotated images of each step."""

    @property
    def folder(self) -> Path:  # type: ignore[override]
        """Gets `network.safetensors`, `history.json` and, until done, `checkpoint.safetensors`."""
        return self.training.folder / ADAPTED

    @property
    def config(self) -> AdaptConfig:
        """Steps, rates, confidence."""
        return self.training.config.adapt

    @cached_property
    def stream(self) -> int:
        """Seed of all batches."""
        return seeds.integer(self.training.stream, "adapt")

    def draw(self, step: int) -> tuple[Batch, UnlabelledBatch]:
        """Return the annotated and the unlabelled crops of a step, as many of the one as of the other."""
        config, data = self.training.config, self.training.data
        size, edge = config.batch_size, config.patch_size
        width, strength = self.training.contour_width_px, config.augmentation_strength
        annotated = draw_batch(data, size, edge, strength, width, self.stream, step, self.training.whole)
        return annotated, draw_unlabelled(data.unlabelled, size, edge, self.config.strength, self.stream, step)

    @cached_property
    def held(self) -> Batch:
        """Crops of annotated images that are not trained on."""
        return self.training.held()

    @cached_property
    def watched(self) -> torch.Tensor:
        """Crops of the scans in which particles are counted, float32 (N, 1, P, P)."""
        scans, edge = self.training.data.unlabelled, self.training.config.patch_size
        windows = spread_windows([scan.pixels.shape for scan in scans], edge, RULES.crops)
        crops = [filled_up(scans[number].pixels[place], edge) for number, place in windows]
        return torch.from_numpy(np.stack(crops))[:, None]

    def fingerprint(self) -> dict[str, Any]:
        """Return what the course of the adaptation depends on."""
        return {**adaptation_key(self.training), "start": sha256_of_file(self.training.network_path)}


def adaptation_key(job: TrainingJob) -> dict[str, Any]:
    """Return what an adaptation depends on beside the trained network; nothing where there is none."""
    if not job.config.adapt.acts:
        return {}
    scans = {scan.name: sha256_of(scan.pixels) for scan in job.data.unlabelled}
    return {"adapt": {"recipe": RECIPE, **job.config.adapt.model_dump(mode="json"), "of_scans": scans}}


def adapt_network(training: TrainingJob, reporter: Reporter) -> Path:
    """Adapt a trained network to the unlabelled scans, or finish an interrupted adaptation; return where it lies.

    Each step shows the student as many annotated crops, as the training does, as unlabelled ones, of which it learns
    what the teacher says of them where that is sure. The number of steps is fixed beforehand: there are no labels by
    which a best one could be chosen. If the network comes to find much more or much less in the scans than it did, or
    gets worse on held-out annotated images (`rules.AdaptRules`), it ends early and the network before stays, whose copy
    then lies in the place of the adapted one. A resumed adaptation gives the same network as an uninterrupted one, bit
    for bit on a CPU with the same number of threads.

    Raises
    ------
    RunFolderError
        If the trained network or the checkpoint is broken, or a file cannot be written.
    """
    job = Adaptation(training)
    stamp = Stamp.of(job.fingerprint())
    if job.folder.exists() and not stamp.is_that_of(job.folder / MADE_WITH):
        shutil.rmtree(job.folder)
    stamp.claim(job.folder / MADE_WITH, "remove its folder to adapt anew")
    if job.network_path.exists():
        return job.network_path
    keep_large_buffers()
    device = torch_device(training.device)
    state = _fresh_state(job, device)
    if job.checkpoint_path.exists():
        restore_checkpoint(job.checkpoint_path, state, job.fingerprint())
    else:
        state.history.append({"step": 0, **_checked(job, state, device)})
    return _finish(job, state, _learn(job, state, device, reporter), reporter)


def _fresh_state(job: Adaptation, device: torch.device) -> TrainingState:
    network = laid_out(load_network(job.training.network_path)[0], device, learns=True).train()
    decay = job.training.config.weight_decay
    optimizer = torch.optim.AdamW(network.parameters(), lr=job.config.learning_rate, weight_decay=decay)
    return TrainingState(network, optimizer, average=copy_weights(network.state_dict()), best={})


def _learn(job: Adaptation, state: TrainingState, device: torch.device, reporter: Reporter) -> str:
    """Take the steps that are left; return why the network may not stay, if it may not."""
    steps, interval = job.config.steps, max(1, job.config.steps // RULES.checks)
    reason = departure(state.history)
    if reason:
        return reason
    todo = range(state.step, steps)
    batches = stream_batches(job.draw, todo, BATCH_THREADS[device.type])
    title = f"adapt to {plural(len(job.training.data.unlabelled), 'scan')}, seed {job.training.seed}"
    told: list[Losses] = []
    for step, (annotated, unlabelled) in reporter.track(batches, title, len(todo)):
        told.append(_step(job, state, step, annotated, unlabelled, device))
        if not math.isfinite(told[-1].annotated + told[-1].unlabelled):
            return f"its loss became NaN or infinite in step {step}"
        if state.step % interval == 0 or state.step == steps:
            means = Losses(*(sum(values) / len(told) for values in zip(*told, strict=True)))
            record = {"step": state.step, "train_loss": means.annotated, "unlabelled_loss": means.unlabelled}
            state.history.append({**record, "sure": means.sure, **_checked(job, state, device)})
            told.clear()
            save_checkpoint(job.checkpoint_path, state, job.fingerprint())
            if reason := departure(state.history):
                return reason
    return ""


def _step(
    job: Adaptation,
    state: TrainingState,
    step: int,
    annotated: Batch,
    unlabelled: UnlabelledBatch,
    device: torch.device,
) -> Losses:
    """Take a step, unless its loss is not finite."""
    config, width = job.config, job.training.contour_width_px
    targets = teach(state.network, state.average, on_device(unlabelled.weak, device), config.confidence)
    images = torch.cat([annotated.images, unlabelled.strong])
    with mixed_precision(device):
        shown = normalise(on_device(images, device))
        outputs, stars = (state.network(shown), None) if annotated.stars is None else state.network(shown, whole=True)
    known, guessed = outputs.float().split(len(annotated.images))
    classes, distances = on_device(annotated.classes, device), on_device(annotated.distances, device)
    by_labels = network_loss(known, classes, distances, width)
    if annotated.stars is not None and stars is not None:
        by_labels = by_labels + stars_loss(stars[: len(annotated.images)], annotated.stars, device)
    by_teacher = network_loss(guessed, targets.classes, targets.distances, width, targets.sure)
    loss = by_labels + config.weight * by_teacher
    losses = Losses(float(by_labels.detach()), float(by_teacher.detach()), float(targets.sure.float().mean()))
    if bool(torch.isfinite(loss)):
        descend(state.network, state.optimizer, loss, learning_rate(step, config.steps, config.learning_rate))
        move_average(state.average, state.network.state_dict(), config.average)
        state.step = step + 1
    return losses


def _weights(job: Adaptation, state: TrainingState) -> Weights:
    """Return the weights of the network that is to be kept."""
    return state.average if job.config.network == "teacher" else state.network.state_dict()


def _checked(job: Adaptation, state: TrainingState, device: torch.device) -> dict[str, float]:
    """Return what the network finds in the scans, and its score on held-out annotated images, if there are any."""
    weights, at_once = _weights(job, state), job.training.config.batch_size
    found = found_in(outputs_of(state.network, weights, job.watched, at_once, device))
    if len(job.held.images):
        outputs = outputs_of(state.network, weights, job.held.images, at_once, device)
        found["validation_dice"] = class_dice(outputs[:, :CLASSES].argmax(dim=1), job.held.classes)
    return found


def _finish(job: Adaptation, state: TrainingState, reason: str, reporter: Reporter) -> Path:
    history = {
        "kept": not reason,
        "reason": reason,
        "scans": job.config.scans,
        "names": [scan.name for scan in job.training.data.unlabelled],
        "records": state.history,
    }
    write_json(job.folder / "history.json", history)
    if reason:
        reporter.note(f"seed {job.training.seed} was not adapted to the scans, and stays as it was trained: {reason}")
        write_bytes(job.network_path, job.training.network_path.read_bytes())
    else:
        info = load_network(job.training.network_path)[1]
        dice = state.history[-1].get("validation_dice", info.validation_dice)
        info = replace(info, step=info.step + state.step, validation_dice=dice)
        save_network(job.network_path, copy_weights(_weights(job, state)), info)
    job.checkpoint_path.unlink(missing_ok=True)
    return job.network_path
