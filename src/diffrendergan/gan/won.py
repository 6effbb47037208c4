"""Whether the discriminator has won: then it taught the generator nothing more, since it tells all images at once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.training import TrainingConfig
from diffrendergan.gan.history import read_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.step import GUESSING, StepRecord
from diffrendergan.runs.words import percent


def guessing_loss(config: TrainingConfig) -> float:
    """Return the loss of a discriminator that guesses."""
    return 0.25 if config.recipe == "paper" and config.loss == "lsgan" else GUESSING.loss_discriminator


def won_share(losses: NDArray[np.floating], guessing: float) -> float | None:
    """Return the share of the last steps that the discriminator won; None if there are too few to tell.

    Parameters
    ----------
    losses : ndarray, shape (steps,)
        Of the discriminator, in their order.
    guessing : float
        Its loss if it guesses.
    """
    if len(losses) < RULES.won_least_steps:
        return None
    last = losses[-math.ceil(RULES.won_last * len(losses)) :]
    return float(np.mean(last < RULES.won_loss * guessing))


def won_sentence(stage: Path, config: TrainingConfig) -> str | None:
    """Return what is to be said if the discriminator of a training has won, None if it has not.

    Parameters
    ----------
    stage : Path
        The folder of the training.
    config : TrainingConfig
        What it was trained with.

    Raises
    ------
    RunFolderError
        If the history is missing or broken.
    """
    folder = TrainingFolder(stage)
    paths = [folder.losses(record.epoch) for record in read_history(folder.history)]
    tables = [np.load(path, allow_pickle=False) for path in paths if path.exists()]
    column = StepRecord._fields.index("loss_discriminator")
    losses = np.concatenate([table[:, column] for table in tables]) if tables else np.zeros(0)
    guessing = guessing_loss(config)
    share = won_share(losses, guessing)
    if share is None or share < RULES.won_share:
        return None
    return (
        f"the discriminator has won: in {percent(share)} of the last steps its loss was below {RULES.won_loss:.0%} of "
        "what guessing gives, so it tells synthetic images from the scans at once, by something that the learned "
        "parameters cannot match; compare real and synthetic patches in the report, and correct sizes, number and "
        "places (`diffrendergan calibrate`), the shapes (`particles`), or the look (`look: sem`, wider ranges)"
    )
