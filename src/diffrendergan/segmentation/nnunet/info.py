"""Networks that nnU-Net trained, described in one file."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.labels.classes import CLASS_NAMES
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.segmentation.nnunet.checkpoints import load_checkpoint


@dataclass(frozen=True)
class FoldScore:
    """How the training of a fold went, on the crops that nnU-Net validates on after each epoch."""

    fold: str
    epochs: int
    dice: float
    """Moving average of the mean Dice of particle and contour after the last epoch; 0 if no crop showed any."""
    best_dice: float
    """Its highest value in any epoch."""
    class_dice: dict[str, float]
    """Dice of each class in the last epoch."""
    train_loss: float
    validation_loss: float


@dataclass(frozen=True)
class NnunetInfo:
    """What a network must tell whoever uses it."""

    model: str
    """Folder of the networks of all folds, relative to this file."""
    dataset: str
    plans: str
    folds: tuple[FoldScore, ...]
    patch_size: tuple[int, int]
    """Height and width of the training crops and prediction tiles [px]."""
    batch_size: int
    pixel_size_nm: float | None
    """Scale of the training images [nm], if known."""
    trained_on: str
    """`synthetic` or `real`."""
    seed: int
    validation_dice: float
    """Mean over the folds of their Dice."""
    validated_on: str
    """`training images` for the fold `all`, `held-out folds` for the others."""
    versions: dict[str, str]
    fingerprint: dict[str, Any]
    """What the course of the training depended on."""


def save_info(path: Path, info: NnunetInfo) -> None:
    """Write a description atomically."""
    write_json(path, asdict(info))


def load_info(path: Path) -> NnunetInfo:
    """Read a description.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    fields = read_json(path)
    try:
        folds = tuple(FoldScore(**fold) for fold in fields.pop("folds"))
        height, width = fields.pop("patch_size")
        return NnunetInfo(**fields, folds=folds, patch_size=(height, width))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise RunFolderError(
            f"{path} is broken ({error}); remove it and give the command again: the networks beside it are kept."
        ) from error


def fold_score(fold: str, final: Path) -> FoldScore:
    """Read from a finished network how its training went.

    Raises
    ------
    RunFolderError
        If the file is missing or broken.
    """
    checkpoint = load_checkpoint(final)
    try:
        log = checkpoint["logging"]
        averages = [_number(value) for value in log["ema_fg_dice"]]
        classes = [_number(value) for value in log["dice_per_class_or_region"][-1]]
        return FoldScore(
            fold=fold,
            epochs=len(averages),
            dice=averages[-1],
            best_dice=max(averages),
            class_dice=dict(zip(CLASS_NAMES[1:], classes, strict=True)),
            train_loss=_number(log["train_losses"][-1]),
            validation_loss=_number(log["val_losses"][-1]),
        )
    except (KeyError, IndexError, ValueError) as error:
        raise RunFolderError(f"{final} is no network that nnU-Net finished ({error}); remove its folder.") from error


def _number(value: Any) -> float:
    return float(value) if math.isfinite(value) else 0.0
