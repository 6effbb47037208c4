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
from diffrendergan.errors import DataError, TrainingDivergedError
from diffrendergan.gan.checkpoint import latest_checkpoint, restore_checkpoint, save_checkpoint
from diffrendergan.gan.events import EventLog
from diffrendergan.gan.generator import Generator
from diffrendergan.gan.history import EpochRecord, breadth, summarise, write_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.recipe import PaperRecipe, Recipe
from diffrendergan.gan.samples import sample_grid
from diffrendergan.gan.saved import save_description, save_weights
from diffrendergan.gan.state import TrainingState
from diffrendergan.gan.step import GUESSING, StepRecord
from diffrendergan.image_files.writing import write_png
from diffrendergan.imaging.image_model import ImageModel
from diffrendergan.metrics.features import FeatureExtractor
from diffrendergan.metrics.frechet import frechet_distance
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.memory import keep_large_buffers
from diffrendergan.runs.reporter import Reporter

_STEPS_UNREAD = 50
"""Steps on a GPU after which the host looks at the losses."""


@dataclass(frozen=True)
class _Session:
    """What stays the same while training."""

    epochs: int
    sample_grid: int
    recipe: Recipe
    folder: TrainingFolder
    generator: Generator
    phis: torch.Tensor
    real: NDArray[np.float32]
    extractor: FeatureExtractor
    real_features: NDArray[np.float64]
    fingerprint: dict[str, Any]

    @property
    def steps_per_epoch(self) -> int:
        """After so many steps the generator is scored."""
        return self.recipe.steps_per_epoch(len(self.phis))


def train(
    project: Project,
    folder: Path,
    phis: NDArray[np.float32],
    real: NDArray[np.float32],
    renderer: Renderer,
    model: ImageModel,
    extractor: FeatureExtractor,
    reporter: Reporter,
    recipe: Recipe | None = None,
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
    recipe : Recipe, optional
        How they are trained; by default as the paper says.

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
    recipe = recipe or PaperRecipe(config, project.seed)
    device = torch_device(project.compute.device)
    state = recipe.new_state(phis.shape[1], model.learned(), project.seed, device)
    generator = Generator(state.network, renderer, model)
    fingerprint = _fingerprint(project.seed, recipe, phis, real, state, extractor)
    layout.remove_partial_files()
    checkpoint = latest_checkpoint(layout.checkpoints)
    if checkpoint is not None:
        restore_checkpoint(checkpoint, state, fingerprint)
        reporter.note(f"training continues after epoch {state.epoch} of {config.epochs}")
    save_description(folder, state.network)
    write_history(layout.history, state.history)
    with EventLog(layout, state.history, reporter) as events:
        if state.epoch >= config.epochs or recipe.stops(state.history):
            return
        session = _Session(
            epochs=config.epochs,
            sample_grid=config.sample_grid,
            recipe=recipe,
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
    """Train up to the last epoch, or until the recipe says that it is enough."""
    last = session.epochs * session.steps_per_epoch
    losses: list[StepRecord] = []
    pending: list[torch.Tensor] = []
    started = time.perf_counter()
    if session.recipe.scores_start and not state.history:
        _tell(session, _end_epoch(session, state, losses, started), events, reporter)
        started = time.perf_counter()
    for _ in reporter.track(range(state.step, last), "training", total=last - state.step):
        pending.append(session.recipe.step(state, session.generator, session.phis, session.real))
        # On a GPU, the host reads the losses now and then only: it would wait for the device each time.
        if state.device.type == "cpu" or len(pending) == _STEPS_UNREAD or state.step % session.steps_per_epoch == 0:
            losses += _read_losses(session, state, pending)
            pending = []
        if state.step % session.steps_per_epoch == 0:
            _tell(session, _end_epoch(session, state, losses, started), events, reporter)
            if session.recipe.stops(state.history):
                reporter.note(f"the distance no longer falls: the training ends after epoch {state.epoch}")
                break
            losses, started = [], time.perf_counter()


def _tell(session: _Session, record: EpochRecord, events: EventLog, reporter: Reporter) -> None:
    """Say what an epoch led to."""
    events.add(record)
    kernel = "" if record.kernel is None else f"kernel distance {np.mean(record.kernel):.3f}, "
    reporter.note(
        f"epoch {record.epoch}/{session.epochs}: {kernel}FID {record.fid:.1f} ({record.extractor}), "
        f"breadth {record.breadth:.3f}, loss G {record.loss_generator:.3f} D {record.loss_discriminator:.3f}"
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
    epoch, folder, specs = state.step // session.steps_per_epoch, session.folder, state.network.specs
    images, theta = session.recipe.draw_all(state, session.generator, session.phis)
    table = np.array(losses, np.float32).reshape(-1, len(StepRecord._fields))
    means = StepRecord(*table.astype(np.float64).mean(axis=0).tolist()) if losses else GUESSING
    features = session.extractor.features(images)
    record = EpochRecord(
        epoch=epoch,
        step=state.step,
        **means._asdict(),
        fid=frechet_distance(session.real_features, features),
        extractor=session.extractor.name,
        breadth=breadth(theta, specs),
        parameters=summarise(theta, specs),
        seconds=time.perf_counter() - started,
        kernel=session.recipe.kernel(session.real_features, features),
    )
    save_weights(folder.weights(epoch), state.shown)
    _save_array(folder.parameters(epoch), theta)
    _save_array(folder.losses(epoch), table)
    write_png(folder.samples(epoch), sample_grid(session.real, images, session.sample_grid))
    state.history.append(record)
    save_checkpoint(folder.checkpoints, state, session.fingerprint)
    write_history(folder.history, state.history)
    return record


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
    seed: int,
    recipe: Recipe,
    phis: NDArray[np.float32],
    real: NDArray[np.float32],
    state: TrainingState,
    extractor: FeatureExtractor,
) -> dict[str, Any]:
    """Return what the course of the training depends on; more epochs only make it longer."""
    return {
        **recipe.fields,
        "seed": seed,
        "fid.extractor": extractor.name,
        "learned parameters": state.network.described()["parameters"],
        "arrangements": sha256_of(np.asarray(phis, np.float32)),
        "real patches": sha256_of(np.asarray(real, np.float32)),
    }


def _diverged(session: _Session, state: TrainingState, what: str) -> TrainingDivergedError:
    checkpoint = latest_checkpoint(session.folder.checkpoints)
    anew = f"train anew in another `run` folder with {session.recipe.advice}"
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
