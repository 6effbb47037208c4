"""The training loop (METHOD §6)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import NETWORK_COLUMNS
from diffrendergan.config.project import Project
from diffrendergan.config.training import TrainingConfig
from diffrendergan.errors import DataError, TrainingDivergedError
from diffrendergan.gan.augmentation import augment
from diffrendergan.gan.checkpoint import latest_checkpoint, restore_checkpoint, save_checkpoint
from diffrendergan.gan.events import EventLog
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import EpochRecord, breadth, summarise, write_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.losses import LOSSES
from diffrendergan.gan.samples import draw_all, sample_grid
from diffrendergan.gan.saved import describe, save_description, save_weights
from diffrendergan.gan.state import TrainingState, new_state, torch_rng
from diffrendergan.gan.step import StepRecord, train_step
from diffrendergan.image_files.writing import write_png
from diffrendergan.imaging.image_model import ImageModel
from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.metrics.frechet import frechet_distance
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.device import on_device, torch_device
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.runs.reporter import Reporter

_STEPS_UNREAD = 50
"""Steps on a GPU after which the host looks at the losses."""


@dataclass(frozen=True)
class _Session:
    """What stays the same while training."""

    config: TrainingConfig
    seed: int
    folder: TrainingFolder
    generator: Generator
    phis: torch.Tensor
    real: NDArray[np.float32]
    extractor: FeatureExtractor
    real_features: NDArray[np.float64]
    fingerprint: dict[str, Any]

    @property
    def steps_per_epoch(self) -> int:
        """As many steps as show each arrangement once on average."""
        return math.ceil(len(self.phis) / self.config.batch_size)


def train(
    project: Project,
    folder: Path,
    phis: NDArray[np.float32],
    real: NDArray[np.float32],
    renderer: Renderer,
    model: ImageModel,
    extractor: FeatureExtractor,
    reporter: Reporter,
) -> None:
    """Train G and D, or continue where an interrupted training finished its last epoch.

    The result does not depend on interruptions: on a CPU it is the same bit for bit.

    Parameters
    ----------
    project : Project
        Uses `training`, `compute` and `seed`.
    folder : Path
        The folder of this stage, `run/train`; its files are those of `layout.TrainingFolder`.
    phis : ndarray
        The arrangements, shape (m, n, 4 or 8); `renderer` was built with the same. The network reads four columns.
    real : ndarray
        Real patches in [0, 1], shape (r, S, S).
    renderer : Renderer
        Draws S×S pixels.
    model : ImageModel
        What follows the render, and the columns of θ.
    extractor : FeatureExtractor
        Measures the distance from the real patches after each epoch.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    ConfigError
        If no parameter is learned.
    DataError
        If the patches are not finite, too few, or not of the renderer's size.
    RunFolderError
        If a checkpoint is damaged or of another configuration, or the disk is full.
    TrainingDivergedError
        If a loss or a weight is NaN or infinite; names the last good checkpoint.
    """
    keep_large_buffers()
    _check(phis, real)
    config, layout = project.training, TrainingFolder(folder)
    device = torch_device(project.compute.device)
    state = new_state(config, phis.shape[1], model.learned(), project.seed, device)
    generator = Generator(state.network, renderer, model)
    fingerprint = _fingerprint(project, phis, real, state, extractor)
    layout.remove_partial_files()
    checkpoint = latest_checkpoint(layout.checkpoints)
    if checkpoint is not None:
        restore_checkpoint(checkpoint, state, fingerprint)
        reporter.note(f"training continues after epoch {state.epoch} of {config.epochs}")
    save_description(folder, state.network)
    write_history(layout.history, state.history)
    with EventLog(layout, state.history, reporter) as events:
        if state.epoch >= config.epochs:
            return
        session = _Session(
            config=config,
            seed=project.seed,
            folder=layout,
            generator=generator,
            phis=torch.from_numpy(np.ascontiguousarray(phis[..., :NETWORK_COLUMNS], np.float32)).to(device),
            real=np.ascontiguousarray(real, np.float32),
            extractor=extractor,
            real_features=extractor.features(real, reporter),
            fingerprint=fingerprint,
        )
        _run(session, state, events, reporter)


def _run(session: _Session, state: TrainingState, events: EventLog, reporter: Reporter) -> None:
    """Train up to the last epoch."""
    last = session.config.epochs * session.steps_per_epoch
    losses: list[StepRecord] = []
    pending: list[torch.Tensor] = []
    started = time.perf_counter()
    for _ in reporter.track(range(state.step, last), "training", total=last - state.step):
        pending.append(_step(session, state))
        # On a GPU, the host reads the losses now and then only: it would wait for the device each time.
        if state.device.type == "cpu" or len(pending) == _STEPS_UNREAD or state.step % session.steps_per_epoch == 0:
            losses += _read_losses(session, state, pending)
            pending = []
        if state.step % session.steps_per_epoch == 0:
            record = _end_epoch(session, state, losses, started)
            events.add(record)
            reporter.note(
                f"epoch {record.epoch}/{session.config.epochs}: FID {record.fid:.1f} ({record.extractor}), "
                f"breadth {record.breadth:.3f}, loss G {record.loss_generator:.3f} D {record.loss_discriminator:.3f}"
            )
            losses, started = [], time.perf_counter()


def _step(session: _Session, state: TrainingState) -> torch.Tensor:
    """Draw arrangements and real patches, and train on them."""
    batch = session.config.batch_size
    indices = state.draws.integers(len(session.phis), size=batch)
    real = augment(session.real[state.draws.integers(len(session.real), size=batch)], state.draws)
    return train_step(
        state,
        session.generator,
        LOSSES[session.config.loss],
        indices.tolist(),
        session.phis[on_device(torch.from_numpy(indices), state.device)],
        # A copy in torch's own memory, which is aligned alike in every run: bits can depend on it.
        on_device(torch.from_numpy(real).clone(), state.device),
    )


def _read_losses(session: _Session, state: TrainingState, pending: list[torch.Tensor]) -> list[StepRecord]:
    """Return the values of the last steps."""
    records = [StepRecord(*row) for row in torch.stack(pending).tolist()]
    if not all(math.isfinite(value) for record in records for value in record):
        raise _diverged(session, state, "a loss")
    return records


def _end_epoch(session: _Session, state: TrainingState, losses: list[StepRecord], started: float) -> EpochRecord:
    """Score the epoch and write its files, the checkpoint last but for the history that mirrors it."""
    if not state.is_finite():
        raise _diverged(session, state, "a weight")
    epoch, folder, specs = state.epoch + 1, session.folder, state.network.specs
    # The same noise after each epoch, so that their distances differ by the generator alone.
    images, theta = draw_all(session.generator, session.phis, _evaluation_noise(session, state))
    table = np.array(losses, np.float32)
    means = StepRecord(*table.astype(np.float64).mean(axis=0).tolist())
    record = EpochRecord(
        epoch=epoch,
        step=state.step,
        **means._asdict(),
        fid=frechet_distance(session.real_features, session.extractor.features(images)),
        extractor=session.extractor.name,
        breadth=breadth(theta, specs),
        parameters=summarise(theta, specs),
        seconds=time.perf_counter() - started,
    )
    save_weights(folder.weights(epoch), state.network)
    _save_array(folder.parameters(epoch), theta)
    _save_array(folder.losses(epoch), table)
    write_png(folder.samples(epoch), sample_grid(session.real, images, session.config.sample_grid))
    state.history.append(record)
    save_checkpoint(folder.checkpoints, state, session.fingerprint)
    write_history(folder.history, state.history)
    return record


def _evaluation_noise(session: _Session, state: TrainingState) -> torch.Generator:
    return torch_rng(session.seed, "training", "evaluation noise", device=state.device)


def _save_array(path: Path, array: NDArray[np.float32]) -> None:
    with atomic_path(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def _check(phis: NDArray[np.float32], real: NDArray[np.float32]) -> None:
    if phis.ndim != 3 or phis.shape[2] not in (4, 8):
        raise ValueError(f"arrangements must have shape (m, n, 4) or (m, n, 8), got {phis.shape}")
    if real.ndim != 3:
        raise ValueError(f"real patches must have shape (r, S, S), got {real.shape}")
    if len(real) < 2 or len(phis) < 2:
        raise DataError(
            f"training needs at least two real patches and two constellations, got {len(real)} and {len(phis)}; "
            "raise data.patches or give more scans."
        )
    if not np.isfinite(real).all():
        raise DataError("a real patch has NaN or infinite pixels; check the scans and prepare them again.")


def _fingerprint(
    project: Project,
    phis: NDArray[np.float32],
    real: NDArray[np.float32],
    state: TrainingState,
    extractor: FeatureExtractor,
) -> dict[str, Any]:
    """Return what the course of the training depends on; more epochs only make it longer."""
    training = project.training.model_dump(mode="json", exclude={"epochs", "sample_grid"})
    return {
        **{f"training.{key}": value for key, value in training.items()},
        "seed": project.seed,
        "fid.extractor": extractor.name,
        "learned parameters": describe(state.network)["parameters"],
        "arrangements": sha256_of(np.asarray(phis, np.float32)),
        "real patches": sha256_of(np.asarray(real, np.float32)),
    }


def _diverged(session: _Session, state: TrainingState, what: str) -> TrainingDivergedError:
    checkpoint = latest_checkpoint(session.folder.checkpoints)
    anew = "train anew in another `run` folder with lower training.lr_generator and training.lr_discriminator"
    if checkpoint is None:
        advice = f"there is no checkpoint yet; {anew}."
    else:
        advice = (
            f"the last good checkpoint is {checkpoint}; keep its epochs with --set training.epochs={state.epoch}, "
            f"or {anew}."
        )
    return TrainingDivergedError(
        f"{what} became NaN or infinite in epoch {state.epoch + 1}, step {state.step}; {advice}"
    )
