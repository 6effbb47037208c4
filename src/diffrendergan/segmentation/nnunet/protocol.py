"""What the process in which nnU-Net runs is told, and what it answers.

It reads one line of JSON with the keys of `Order`, and answers with events, in this sequence:

    {"kind": "plan", "patch_size": [h, w], "batch_size": b, "cases": n}
    {"kind": "case"}                                                          n times
    {"kind": "fold", "fold": "all", "first_epoch": e}                         for each fold
    {"kind": "step"}                                                          for each batch of an epoch
    {"kind": "epoch", "epoch": e, "train_loss": …, "validation_loss": …, "dice": …}
    {"kind": "error", "error": "TrainingDivergedError", "message": …}         at any time, and last
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Emit = Callable[..., None]
"""Send an event: its kind, and what belongs to it."""


class Order(NamedTuple):
    """What to do."""

    dataset: str
    """Name of the raw dataset."""
    config: dict[str, Any]
    """As `NnunetConfig` takes it."""
    stream: int
    """Seed of the initial weights and of the batches."""
    folds: tuple[str, ...]
    """Those not yet trained."""
    device: str
    workers: int
