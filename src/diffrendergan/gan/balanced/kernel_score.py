"""The kernel distance after each epoch, and whether it has fallen beyond its error bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.gan.history import EpochRecord
from diffrendergan.gan.rules import RULES
from diffrendergan.metrics.kernel import kernel_distance, over_halves
from diffrendergan.sizes.bootstrap import Interval, percentile_interval

_DIGITS = 6


@dataclass(frozen=True)
class KernelScore:
    """Measures synthetic images by the same random halves of the scans each time.

    Attributes
    ----------
    real, synthetic : tuple of str
        The scan of each real patch, and that which each synthetic image shows as its ground.
    seed : int
        Root seed of the project.
    """

    real: tuple[str, ...]
    synthetic: tuple[str, ...]
    seed: int

    def __call__(self, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> tuple[float, ...]:
        """Return the distance of features (n, D) and (m, D) for each draw."""
        for scans in ((self.real, self.synthetic), _each_for_itself(self.real, self.synthetic)):
            try:
                found = over_halves(kernel_distance(real, synthetic, scans), scans, self.seed, RULES.halves)
            except DataError:
                continue
            if np.isfinite(found).all():
                return tuple(round(value, _DIGITS) for value in found.tolist())
        # Two real patches and two images are the least that a training takes: halves of one have no pairs within.
        raise DataError("the recipe `balanced` needs four real patches at least; raise `data.patches`.")


def _each_for_itself(real: Sequence[str], synthetic: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names by which each patch is a scan of its own: where there are too few scans to split."""
    return tuple(f"patch {i}" for i in range(len(real))), tuple(f"image {i}" for i in range(len(synthetic)))


def value_of(record: EpochRecord) -> float:
    """Return the kernel distance of an epoch."""
    return float(np.mean(record.kernel or (np.nan,)))


def interval_of(record: EpochRecord) -> Interval:
    """Return the range of the kernel distance of an epoch."""
    return percentile_interval(np.array(record.kernel or ()))


def gain_of(record: EpochRecord, best: EpochRecord) -> Interval:
    """Return by how much an epoch lies above another, the range over the same halves of the scans; below 0: better."""
    return percentile_interval(np.array(record.kernel or ()) - np.array(best.kernel or ()))


def best_of(history: Sequence[EpochRecord]) -> EpochRecord:
    """Return the last epoch that lay below the best before it beyond the error bar; the first one if none did."""
    best = history[0]
    for record in history[1:]:
        if gain_of(record, best).high < 0:
            best = record
    return best


def stops(history: Sequence[EpochRecord]) -> bool:
    """Tell whether the distance has not fallen for `RULES.patience` epochs."""
    return bool(history) and history[-1].epoch - best_of(history).epoch >= RULES.patience
