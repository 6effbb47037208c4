"""The process in which nnU-Net runs: `python -m diffrendergan.segmentation.nnunet.worker`.

It reads its order, one line of JSON with the keys of `Order`, and answers with events, in this sequence:

    {"kind": "plan", "patch_size": [h, w], "batch_size": b, "cases": n}
    {"kind": "case"}                                                          n times
    {"kind": "fold", "fold": "all", "first_epoch": e}                         for each fold
    {"kind": "step"}                                                          for each batch of an epoch
    {"kind": "epoch", "epoch": e, "train_loss": …, "validation_loss": …, "dice": …}
    {"kind": "error", "error": "TrainingDivergedError", "message": …}         at any time, and last
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TextIO

from diffrendergan.errors import UserError

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


def main() -> int:
    """Do what standard input says."""
    emit = _emitter(_claim_output())
    order = Order(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _work(order, emit)
    except UserError as error:
        emit("error", error=type(error).__name__, message=str(error))
        return 1
    return 0


def _work(order: Order, emit: Emit) -> None:
    from diffrendergan.config.learning import NnunetConfig
    from diffrendergan.runs.memory import keep_large_buffers
    from diffrendergan.segmentation.nnunet.folders import AUGMENTING
    from diffrendergan.segmentation.nnunet.preparation import prepare
    from diffrendergan.segmentation.nnunet.trainer import train_fold

    if order.device == "cpu":
        keep_large_buffers()
    config = NnunetConfig.model_validate(order.config)
    prepare(order.dataset, config, max(1, order.workers), emit)
    os.environ[AUGMENTING] = str(order.workers)
    for fold in order.folds:
        train_fold(order.dataset, config, fold, order.stream, order.device, order.workers, emit)


def _claim_output() -> TextIO:
    """Return standard output for events alone; whatever is printed goes to standard error, the log."""
    events = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    return events


def _emitter(output: TextIO) -> Emit:
    def emit(kind: str, **values: Any) -> None:
        output.write(json.dumps({"kind": kind, **values}) + "\n")

    return emit


def _end_with_parent() -> None:
    """End this process and its workers as soon as nobody listens any more.

    Not by `sys.stdin.read()`: it holds a lock, which a forked process would inherit and wait for without end.
    """
    while os.read(0, 1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
