"""One record per finished epoch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import RunFolderError
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.runs.json_lines import read_lines, write_lines


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch led to.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    step : int
        Training steps done at its end.
    loss_generator, loss_discriminator : float
        Means over the steps of the epoch.
    judged_real, judged_fake : float
        Mean logits of D on reals and fakes, likewise.
    fid : float
        Distance of one synthetic image per arrangement from the real patches.
    extractor : str
        The features it was measured with.
    breadth : float
        `breadth` of the learned parameters.
    parameters : dict
        For each learned parameter `mean` and `sd` over the arrangements, in its own unit.
    seconds : float
        Time the epoch took, its evaluation included [s].
    kernel : tuple of float, optional
        Kernel distance from the real patches over random halves of the scans, the same ones after each epoch; of the
        recipe `balanced`.
    """

    epoch: int
    step: int
    loss_generator: float
    loss_discriminator: float
    judged_real: float
    judged_fake: float
    fid: float
    extractor: str
    breadth: float
    parameters: dict[str, dict[str, float]]
    seconds: float
    kernel: tuple[float, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values; the kernel distance only where it is there."""
        return {name: value for name, value in asdict(self).items() if name != "kernel" or value is not None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EpochRecord:
        """Return what `as_json` gave.

        Raises
        ------
        TypeError
            If something is missing or too much.
        """
        record = cls(**value)
        return record if record.kernel is None else replace(record, kernel=tuple(map(float, record.kernel)))


def breadth(table: NDArray[np.floating], specs: Sequence[ParameterSpec]) -> float:
    """Return how broadly the learned parameters are distributed over the arrangements.

    The standard deviation of each parameter over Φ, divided by that of a uniform distribution over its
    range, (high − low)/√12; then the mean over parameters. 0: every arrangement gets the same
    parameters, the mode has collapsed. 1: as broad as drawing them uniformly.

    Parameters
    ----------
    table : ndarray
        θ of all arrangements, shape (m, P).
    specs : sequence of ParameterSpec
        The P parameters.
    """
    ranges = np.array([spec.high - spec.low for spec in specs])
    return float(np.mean(np.std(np.asarray(table, np.float64), axis=0) * np.sqrt(12) / ranges))


def summarise(table: NDArray[np.floating], specs: Sequence[ParameterSpec]) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation of each column of θ by name."""
    columns = np.asarray(table, np.float64).T
    return {
        spec.name: {"mean": float(column.mean()), "sd": float(column.std())}
        for spec, column in zip(specs, columns, strict=True)
    }


def write_history(path: Path, records: Iterable[EpochRecord]) -> None:
    """Write one JSON line per epoch, atomically."""
    write_lines(path, (record.as_json() for record in records))


def read_history(path: Path) -> list[EpochRecord]:
    """Read the records of a training.

    Raises
    ------
    RunFolderError
        If the file is missing, empty or broken.
    """
    try:
        records = [EpochRecord.from_json(record) for record in read_lines(path)]
    except (OSError, ValueError, TypeError) as error:
        raise RunFolderError(f"{path} is missing or broken ({error}); train again to write it anew.") from error
    if not records:
        raise RunFolderError(f"{path} has no finished epoch; train first.")
    return records
