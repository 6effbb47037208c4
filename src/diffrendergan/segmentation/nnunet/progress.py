"""What a training of nnU-Net tells the person who waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from diffrendergan.config.segmentation import NnunetConfig
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.nnunet.process import Event

SECONDS_BETWEEN_NOTES = 60.0


def follow_training(events: Iterator[Event], config: NnunetConfig, what: str, reporter: Reporter) -> None:
    """Show what the worker's events tell, in their sequence (see `worker`)."""
    for event in events:
        if event["kind"] == "plan":
            height, width = event["patch_size"]
            reporter.note(f"nnU-Net plans crops of {height} x {width} px in batches of {event['batch_size']}")
            _drain(reporter.track(islice(events, event["cases"]), "preprocess for nnU-Net", event["cases"]))
        elif event["kind"] == "fold":
            _follow_fold(events, event, config, what, reporter)


def _follow_fold(events: Iterator[Event], fold: Event, config: NnunetConfig, what: str, reporter: Reporter) -> None:
    part = "" if fold["fold"] == "all" else f", fold {fold['fold']}"
    todo = range(fold["first_epoch"], config.epochs)
    if fold["first_epoch"]:
        reporter.note(f"nnU-Net goes on after epoch {fold['first_epoch']}{part}")
    steps = config.iterations_per_epoch + config.validation_iterations
    said = float("-inf")
    for epoch in reporter.track(todo, f"train nnU-Net on {what}{part}", len(todo)):
        _drain(reporter.track(islice(events, steps), f"epoch {epoch + 1}", steps))
        # An event that does not come means that the worker has ended well, too early: there is nothing to be told.
        result = next(events, None)
        if result is not None and (epoch + 1 == config.epochs or time.monotonic() - said > SECONDS_BETWEEN_NOTES):
            reporter.note(_epoch_line(result, config.epochs, part))
            said = time.monotonic()


def _epoch_line(result: Event, epochs: int, part: str) -> str:
    return (
        f"epoch {result['epoch'] + 1}/{epochs}{part}: loss {result['train_loss']:.3f}, "
        f"validation {result['validation_loss']:.3f}, Dice {result['dice']:.3f}"
    )


def _drain(items: Iterator[Event]) -> None:
    for _ in items:
        pass
