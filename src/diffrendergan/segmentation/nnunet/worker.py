"""The process in which nnU-Net runs: `python -m diffrendergan.segmentation.nnunet.worker`.

It reads its order, one line of JSON, and answers with events, see `protocol`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import nullcontext
from typing import Any, TextIO

from diffrendergan.errors import UserError
from diffrendergan.runs.memory import collect_seldom
from diffrendergan.runs.processes import end_group
from diffrendergan.segmentation.nnunet.protocol import Emit, Order


def main() -> int:
    """Do what standard input says."""
    collect_seldom()
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
    from nnunetv2.training.dataloading import nnunet_dataset

    from diffrendergan.config.segmentation import NnunetConfig
    from diffrendergan.runs.memory import keep_large_buffers
    from diffrendergan.segmentation.nnunet.folders import AUGMENTING
    from diffrendergan.segmentation.nnunet.pools import threads_for_processes
    from diffrendergan.segmentation.nnunet.preparation import prepare
    from diffrendergan.segmentation.nnunet.trainer import train_fold
    from diffrendergan.segmentation.nnunet.trust import load_properties

    if order.device == "cpu":
        keep_large_buffers()
    config = NnunetConfig.model_validate(order.config)
    nnunet_dataset.load_pickle = load_properties
    with nullcontext() if order.workers else threads_for_processes():
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
    end_group(os.getpid(), now=True)
    os._exit(1)  # it leads no group: whoever started it did so in another way


if __name__ == "__main__":
    sys.exit(main())
