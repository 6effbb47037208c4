"""The training of a network by nnU-Net v2."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.nnunet.export import export_data
from diffrendergan.segmentation.nnunet.folders import (
    CONFIGURATION,
    NnunetFolders,
    choose_device,
    environment,
    fold_names,
    require_nnunet,
    worker_count,
)
from diffrendergan.segmentation.nnunet.info import FoldScore, NnunetInfo, fold_score, save_info
from diffrendergan.segmentation.nnunet.process import running_worker
from diffrendergan.segmentation.nnunet.progress import follow_training
from diffrendergan.segmentation.nnunet.verification import verify_dataset
from diffrendergan.segmentation.unet.training import TrainingJob
from diffrendergan.synthesis.nnunet import DESCRIPTION

NO_MATTER = {"tile_step", "workers"}
"""Settings that do not change what is trained."""
SPLIT = 5
"""nnU-Net's own split."""


def train_nnunet(job: TrainingJob, reporter: Reporter) -> Path:
    """Train nnU-Net on a job's images, or finish an interrupted training, and return the description of the result.

    nnU-Net's default training, two-dimensional, in a process of its own. The images are written in its raw layout and
    verified; then it plans, preprocesses, and trains each fold. A fold that is finished is not trained again, wherever
    that was done; an interrupted one goes on from its last whole checkpoint. Without worker processes, on a CPU with
    the same number of threads, a resumed training gives the same network as an uninterrupted one, bit for bit.

    In the job's folder: `nnunet.json`, the description, written last; `nnUNet_results`, a plain results folder of
    nnU-Net; `nnUNet_raw`, the images; `nnunet.log`; and, until done, `nnUNet_preprocessed`.

    Parameters
    ----------
    job : TrainingJob
        Its `config.nnunet` holds. All of its images are trained on, those held out for the U-Net, too: nnU-Net splits
        them itself, or is validated on what it is trained on (`folds: all`).
    reporter : Reporter
        Shows progress.

    Returns
    -------
    Path
        `nnunet.json` in the job's folder, which `load_nnunet` takes.

    Raises
    ------
    MissingDependencyError
        If nnU-Net is not installed, or a GPU is asked for and not found.
    DataError
        If nnU-Net cannot be trained on the images.
    TrainingDivergedError
        If the loss becomes NaN or infinite.
    RunFolderError
        If the folder belongs to another configuration, nnU-Net fails, or a file cannot be written.

    Source: METHOD §8; Isensee et al. 2021, Nature Methods 18, 203.
    """
    folders = NnunetFolders(job.folder, job.data.trained_on)
    if folders.description.exists():
        return folders.description
    require_nnunet()
    config = job.config.nnunet
    device = choose_device(job.device)
    # A folder of plain nnU-Net has no such file.
    Stamp.of(nnunet_fingerprint(job)).claim(folders.claim, "remove its folder to train anew")
    missing = [fold for fold in fold_names(config) if not folders.final(fold).exists()]
    if missing:
        _write_images(folders, job, reporter)
        workers = worker_count(config, device)
        order = {
            "dataset": folders.dataset.name,
            "config": config.model_dump(mode="json"),
            "stream": job.stream,
            "folds": missing,
            "device": device,
            "workers": workers,
        }
        with running_worker(order, environment(folders, workers, device), folders.log) as events:
            follow_training(events, config, f"{job.data.trained_on} images, seed {job.seed}", reporter)
    save_info(folders.description, _describe(folders, job))
    shutil.rmtree(folders.preprocessed, ignore_errors=True)
    return folders.description


def nnunet_fingerprint(job: TrainingJob) -> dict[str, Any]:
    """Return what the course of nnU-Net's training depends on."""
    data = job.data
    return {
        "nnunet": job.config.nnunet.model_dump(mode="json", exclude=NO_MATTER),
        "contour_width_px": job.contour_width_px,
        "seed": [job.root_seed, job.seed],
        "images": [len(data.annotated), len(data.backgrounds), len(data.validation)],
        "trained_on": data.trained_on,
        "pixel_size_nm": data.pixel_size_nm,
    }


def _write_images(folders: NnunetFolders, job: TrainingJob, reporter: Reporter) -> None:
    if not (folders.dataset / DESCRIPTION).exists():
        export_data(folders.dataset, job.data, job.contour_width_px, reporter)
    count = verify_dataset(folders.dataset, reporter)
    if job.config.nnunet.folds != "all" and count < SPLIT:
        raise DataError(
            f"{folders.dataset} holds {count} images, but nnU-Net splits them in {SPLIT}; "
            "make more of them, or set segmentation.nnunet.folds to all."
        )


def _describe(folders: NnunetFolders, job: TrainingJob) -> NnunetInfo:
    config = job.config.nnunet
    scores = tuple(fold_score(fold, folders.final(fold)) for fold in fold_names(config))
    for score in scores:
        _summarise(folders, score)
    plans = read_json(folders.model / "plans.json")
    plan = plans["configurations"][CONFIGURATION]
    height, width = plan["patch_size"]
    return NnunetInfo(
        model=str(folders.model.relative_to(folders.root)),
        dataset=folders.dataset.name,
        plans=plans["plans_name"],
        folds=scores,
        patch_size=(height, width),
        batch_size=plan["batch_size"],
        pixel_size_nm=job.data.pixel_size_nm,
        trained_on=job.data.trained_on,
        seed=job.seed,
        validation_dice=sum(score.dice for score in scores) / len(scores),
        validated_on="training images" if config.folds == "all" else "held-out folds",
        versions={name: version(name) for name in ("nnunetv2", "torch")},
        fingerprint=nnunet_fingerprint(job),
    )


def _summarise(folders: NnunetFolders, score: FoldScore) -> None:
    """Write the summary without which `nnUNetv2_export_model_to_zip` refuses a fold, if nnU-Net has not.

    nnU-Net's is of whole images, predicted after training; our scores are those of `evaluate`.
    """
    path = folders.final(score.fold).parent / "validation" / "summary.json"
    if not path.exists():
        classes = {str(value): {"Dice": dice} for value, dice in enumerate(score.class_dice.values(), start=1)}
        note = "Dice of crops after the last epoch; whole images were not predicted."
        summary = {"foreground_mean": {"Dice": score.dice}, "mean": classes, "metric_per_case": [], "note": note}
        write_json(path, summary)
