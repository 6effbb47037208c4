"""Where nnU-Net finds and leaves its files, and the environment that tells it so."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from diffrendergan.config.compute import DeviceName
from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.errors import MissingDependencyError
from diffrendergan.runs.device import torch_device
from diffrendergan.synthesis.nnunet import dataset_folder

DESCRIPTION = "nnunet.json"
"""What a training writes last."""
CONFIGURATION = "2d"
MODEL = f"nnUNetTrainer__nnUNetPlans__{CONFIGURATION}"
FINAL, LATEST, BEST = "checkpoint_final.pth", "checkpoint_latest.pth", "checkpoint_best.pth"
"""nnU-Net's names of a finished network, of an interrupted training, and of the best network so far."""

RAW, PREPROCESSED, RESULTS = "nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"
AUGMENTING, WORKING, COMPILE = "nnUNet_n_proc_DA", "nnUNet_def_n_proc", "nnUNet_compile"
"""nnU-Net's environment variables: its folders, numbers of processes, and whether it compiles networks."""
TENSORS_ALONE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
"""Torch's: whoever loads a checkpoint, it runs no code, though nnU-Net asks for that when it resumes."""

Device = Literal["cpu", "cuda"]


@dataclass(frozen=True)
class NnunetFolders:
    """The folders of one training, all below `root`; a plain nnU-Net finds its way in them."""

    root: Path
    name: str
    """What the network is trained on, `synthetic` or `real`: the name of the dataset."""

    @property
    def raw(self) -> Path:
        """What `nnUNet_raw` points to."""
        return self.root / RAW

    @property
    def preprocessed(self) -> Path:
        """What `nnUNet_preprocessed` points to; it is removed when training has ended."""
        return self.root / PREPROCESSED

    @property
    def results(self) -> Path:
        """What `nnUNet_results` points to."""
        return self.root / RESULTS

    @property
    def dataset(self) -> Path:
        """The raw dataset."""
        return dataset_folder(self.raw, self.name)

    @property
    def model(self) -> Path:
        """The networks of all folds, with plans and fingerprint."""
        return self.results / self.dataset.name / MODEL

    @property
    def log(self) -> Path:
        """What nnU-Net prints."""
        return self.root / "nnunet.log"

    @property
    def claim(self) -> Path:
        """What the course of the training depends on, written before anything else."""
        return self.root / "training.json"

    @property
    def description(self) -> Path:
        """The trained network, written last."""
        return self.root / DESCRIPTION

    def final(self, fold: str) -> Path:
        """Return the finished network of a fold."""
        return self.model / f"fold_{fold}" / FINAL


def fold_names(config: NnunetConfig) -> tuple[str, ...]:
    """Return the folds to train, as nnU-Net writes them."""
    return ("all",) if config.folds == "all" else tuple(str(fold) for fold in config.folds)


def worker_count(config: NnunetConfig, device: Device) -> int:
    """Return how many processes augment images; `auto` takes up to twelve, nnU-Net's own number, where a GPU waits."""
    if config.workers != "auto":
        return config.workers
    return 0 if device == "cpu" else max(1, min(12, (os.cpu_count() or 2) - 1))


def environment(folders: NnunetFolders, workers: int, device: Device) -> dict[str, str]:
    """Return this process's environment with what nnU-Net reads; this process's own stays as it is."""
    ours = {
        RAW: str(folders.raw.absolute()),
        PREPROCESSED: str(folders.preprocessed.absolute()),
        RESULTS: str(folders.results.absolute()),
        WORKING: str(max(1, workers)),
        # The planner sets torch to this many threads, so that it cannot be 0 until training begins.
        AUGMENTING: str(max(1, workers)),
        TENSORS_ALONE: "1",
    }
    if device == "cpu":
        ours[COMPILE] = "f"
    return {**os.environ, **ours}


def require_nnunet() -> None:
    """Refuse to go on without nnU-Net.

    Raises
    ------
    MissingDependencyError
        With the command that installs it.
    """
    if importlib.util.find_spec("nnunetv2") is None:
        raise MissingDependencyError(
            "`segmentation.network` is nnunet, but nnU-Net is not installed; "
            'run: pip install "diffrendergan[nnunet]", or set it to unet.'
        )


def choose_device(name: DeviceName) -> Device:
    """Return where nnU-Net computes; `auto` takes an NVIDIA GPU where PyTorch has one.

    Raises
    ------
    MissingDependencyError
        If `cuda` is asked for but PyTorch finds no GPU.
    """
    return "cuda" if torch_device(name).type == "cuda" else "cpu"
