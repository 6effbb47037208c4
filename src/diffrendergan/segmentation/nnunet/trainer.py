"""nnU-Net's trainer, driven from a configuration; runs in the worker's process."""

from __future__ import annotations

import math
import os
import pickle
import random
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform  # type: ignore[import-untyped]
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.errors import TrainingDivergedError
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import atomic_path, read_json
from diffrendergan.segmentation.nnunet.checkpoints import ALLOWED
from diffrendergan.segmentation.nnunet.folders import BEST, CONFIGURATION, LATEST, PREPROCESSED
from diffrendergan.segmentation.nnunet.preparation import PLANS
from diffrendergan.segmentation.nnunet.protocol import Emit
from diffrendergan.segmentation.nnunet.trust import read_plans

SECONDS_BETWEEN_CHECKPOINTS = 60.0
"""An interruption costs the epoch it falls into, and at most this long besides."""
SECONDS_BETWEEN_PLOTS = 300.0
"""`progress.png` takes longer to draw than a short epoch to train."""
PLOT_DPI = 40
"""Of figures of 30 by 54 inch: 1200 by 2160 px, where nnU-Net writes 16 million."""
BROKEN = (OSError, RuntimeError, EOFError, KeyError, ValueError, pickle.UnpicklingError)
"""What loading a broken checkpoint may raise."""


class ReportingTrainer(nnUNetTrainer):
    """nnU-Net's default training that reports, is seeded, and whose checkpoints are whole or absent."""

    def follow(self, config: NnunetConfig, stream: int, workers: int, emit: Emit) -> None:
        """Take the length of the training, its seed and whom to report to; before anything else."""
        self.num_epochs = config.epochs
        self.num_iterations_per_epoch = config.iterations_per_epoch
        self.num_val_iterations_per_epoch = config.validation_iterations
        self.save_every = sys.maxsize  # saved by time instead, see `on_epoch_end`
        self.stream, self.workers, self.emit = stream, workers, emit
        self.last_saved, self.last_plotted = -math.inf, time.monotonic()
        self.plot_progress, self.logger.plot_progress_png = self.logger.plot_progress_png, self.plot_now_and_then

    def resume(self) -> int:
        """Go on from the last whole checkpoint, if there is one, and return the first epoch to come."""
        for name in (LATEST, BEST):
            path = Path(self.output_folder) / name
            if path.exists():
                try:
                    with torch.serialization.safe_globals(ALLOWED):
                        self.load_checkpoint(str(path))
                except BROKEN as error:
                    print(f"{path} is broken ({error}) and left aside")
                    continue
                break
        return int(self.current_epoch)

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Return the batches; without workers the blur no longer chooses the faster of two ways by a stopwatch."""
        train, validation = super().get_dataloaders()
        if self.workers == 0:
            for step in train.data_loader.transforms.transforms:
                inner = getattr(step, "transform", step)
                if isinstance(inner, GaussianBlurTransform):
                    inner.benchmark = False
        return train, validation

    def on_epoch_start(self) -> None:
        """Seed each epoch by its number, so that a resumed training draws what an uninterrupted one would."""
        seed_everything(self.stream, "epoch", int(self.current_epoch))
        super().on_epoch_start()

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Train on a batch, and say so."""
        result = super().train_step(batch)
        self.emit("step")
        return result

    def validation_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Validate on a batch, and say so."""
        result = super().validation_step(batch)
        self.emit("step")
        return result

    def on_epoch_end(self) -> None:
        """Save now and then, and say how the epoch went.

        Raises
        ------
        TrainingDivergedError
            If the loss became NaN or infinite.
        """
        epoch = int(self.current_epoch)
        train, validation, dice = (
            float(self.logger.get_value(key, step=-1)) for key in ("train_losses", "val_losses", "mean_fg_dice")
        )
        if not math.isfinite(train):
            raise TrainingDivergedError(
                f"nnU-Net's loss became NaN or infinite in epoch {epoch + 1} (the last good state lies in "
                f"{self.output_folder}); check the training images."
            )
        super().on_epoch_end()
        if self.current_epoch < self.num_epochs and time.monotonic() - self.last_saved > SECONDS_BETWEEN_CHECKPOINTS:
            # nnU-Net writes down the epoch after the current one, which has just been counted up.
            self.current_epoch -= 1
            self.save_checkpoint(str(Path(self.output_folder) / LATEST))
            self.current_epoch += 1
            self.last_saved = time.monotonic()
        self.emit("epoch", epoch=epoch, train_loss=train, validation_loss=validation, dice=dice)

    def plot_now_and_then(self, folder: str) -> None:
        """Draw `progress.png` at the end, and now and then before, where nnU-Net does so after each epoch."""
        if self.current_epoch + 1 < self.num_epochs and time.monotonic() - self.last_plotted < SECONDS_BETWEEN_PLOTS:
            return
        with matplotlib.rc_context({"savefig.dpi": PLOT_DPI}):
            self.plot_progress(folder)
        self.last_plotted = time.monotonic()

    def save_checkpoint(self, filename: str) -> None:
        """Write a checkpoint atomically."""
        with atomic_path(Path(filename)) as temporary:
            super().save_checkpoint(str(temporary))


# Folder and checkpoints bear the name of the class: with that of nnU-Net's own, its own programs take them.
ReportingTrainer.__name__ = nnUNetTrainer.__name__


def train_fold(
    dataset: str, config: NnunetConfig, fold: str, stream: int, device: str, workers: int, emit: Emit
) -> None:
    """Train a fold, or finish an interrupted training; its `checkpoint_final.pth` is written last.

    Raises
    ------
    TrainingDivergedError
        If the loss becomes NaN or infinite.
    RunFolderError
        If a checkpoint cannot be written.
    """
    if device == "cuda":
        torch.set_num_threads(1)  # as nnU-Net's own program does: more do not help beside a GPU
        torch.backends.cudnn.benchmark = True
    own = seeds.integer(stream, "nnunet", fold)
    seed_everything(own, "weights")
    folder = Path(os.environ[PREPROCESSED]) / dataset
    plans = {**read_plans(folder / f"{PLANS}.json"), "continue_training": True}
    number = fold if fold == "all" else int(fold)
    description = read_json(folder / "dataset.json")
    trainer = ReportingTrainer(plans, CONFIGURATION, number, description, torch.device(device))
    trainer.follow(config, own, workers, emit)
    emit("fold", fold=fold, first_epoch=trainer.resume())
    trainer.run_training()


def seed_everything(seed: int, *purpose: str | int) -> None:
    """Seed all that nnU-Net draws from: torch, NumPy's and Python's global generators of this process."""
    torch.manual_seed(seeds.integer(seed, *purpose))
    np.random.seed(seeds.integer32(seed, *purpose))
    random.seed(seeds.integer(seed, *purpose))
