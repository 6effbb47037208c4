"""TensorBoard event files, derived from the history."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image

from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.step import StepRecord
from diffrendergan.runs.atomic import explain_os_error
from diffrendergan.runs.reporter import Reporter


class EventLog:
    """Writes the events of finished epochs; without TensorBoard it writes nothing and says so.

    Event files can only be appended to, so a training that was interrupted would show epochs twice or
    miss one. They are therefore written anew from the history whenever a training starts.

    Parameters
    ----------
    folder : TrainingFolder
        Holds the files of the finished epochs.
    history : iterable of EpochRecord
        The finished epochs.
    reporter : Reporter
        Told once if TensorBoard is missing.
    """

    def __init__(self, folder: TrainingFolder, history: Iterable[EpochRecord], reporter: Reporter) -> None:
        self._folder = folder
        self._writer = _make_writer(folder, reporter)
        for record in history:
            self.add(record)

    def add(self, record: EpochRecord) -> None:
        """Write the losses of an epoch's steps, its scores and its samples.

        Raises
        ------
        RunFolderError
            If the files cannot be written.
        """
        if self._writer is None:
            return
        try:
            self._add_steps(record)
            for tag, value in _scalars(record).items():
                self._writer.add_scalar(tag, value, record.epoch)
            with Image.open(self._folder.samples(record.epoch)) as picture:
                # Half size: the full picture lies in the samples folder.
                self._writer.add_image("samples", np.asarray(picture.reduce(2)), record.epoch, dataformats="HW")
            self._writer.flush()
        except OSError as error:
            raise explain_os_error(error, self._folder.events) from error

    def __enter__(self) -> EventLog:
        """Return itself; leaving the block closes the files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        if self._writer is not None:
            self._writer.close()

    def _add_steps(self, record: EpochRecord) -> None:
        losses = np.load(self._folder.losses(record.epoch), allow_pickle=False)
        first = record.step - len(losses) + 1
        for offset, values in enumerate(losses):
            for name, value in zip(StepRecord._fields, values, strict=True):
                self._writer.add_scalar(f"step/{name}", float(value), first + offset)


def _scalars(record: EpochRecord) -> dict[str, float]:
    scalars = {"epoch/fid": record.fid, "epoch/breadth": record.breadth, "epoch/seconds": record.seconds}
    for name, summary in record.parameters.items():
        scalars |= {f"parameters/{name}/{key}": value for key, value in summary.items()}
    return scalars


def _make_writer(folder: TrainingFolder, reporter: Reporter) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        reporter.note("TensorBoard is not installed: no event files are written (history.jsonl has the numbers).")
        return None
    try:
        shutil.rmtree(folder.events, ignore_errors=True)
        return SummaryWriter(str(folder.events))
    except OSError as error:
        raise explain_os_error(error, folder.events) from error
