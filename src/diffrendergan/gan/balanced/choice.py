"""Which epoch's generator is used: the best by kernel distance, or the fit if none is better beyond the error bar."""

from __future__ import annotations

from collections.abc import Sequence

from diffrendergan.gan.balanced.kernel_score import best_of, gain_of, interval_of, value_of
from diffrendergan.gan.epoch_choice import EpochChoice, find_epoch
from diffrendergan.gan.history import EpochRecord


def choose_by_kernel(records: Sequence[EpochRecord], override: int | None = None) -> EpochChoice:
    """Choose the last epoch whose kernel distance fell below that of the best before it, beyond the error bar.

    The error bar is that of the difference of two epochs, whose images are compared by the same halves of the scans and
    drawn by the same chance. Epoch 0 is the fit, which is kept if no epoch is better.

    Parameters
    ----------
    records : sequence of EpochRecord
        The start and the finished epochs.
    override : int, optional
        The epoch to take instead (`selection.epoch`).

    Raises
    ------
    ConfigError
        If the epoch to take is not among the finished ones.
    """
    start, best = records[0], best_of(records)
    lowest = min(records, key=lambda record: (value_of(record), record.epoch))
    candidates = tuple({record.epoch: record for record in (start, best, lowest)}.values())
    if override is not None:
        chosen = find_epoch(records, override)
        reason = f"Epoch {override} was set by selection.epoch (kernel distance {_told(chosen)})."
        return EpochChoice(chosen, candidates, True, reason)
    if best is start:
        others = "" if lowest is start else f"; the lowest is epoch {lowest.epoch} with {_told(lowest)}"
        reason = (
            f"The fit itself is kept (epoch 0, kernel distance {_told(start)}): no epoch of the adversary is better "
            f"beyond the error bar{others}."
        )
        return EpochChoice(start, candidates, False, reason)
    gain = gain_of(best, start)
    reason = (
        f"Epoch {best.epoch} has a kernel distance of {_told(best)}, the fit {_told(start)}: it is better by "
        f"{-gain.high:.3f} to {-gain.low:.3f}, and no later epoch is better than it beyond the error bar."
    )
    return EpochChoice(best, candidates, False, reason)


def _told(record: EpochRecord) -> str:
    low, high = interval_of(record)
    return f"{value_of(record):.3f} ({low:.3f} to {high:.3f})"
