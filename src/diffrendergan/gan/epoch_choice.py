"""Which epoch's generator is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffrendergan.errors import ConfigError
from diffrendergan.gan.history import EpochRecord


@dataclass(frozen=True)
class EpochChoice:
    """A chosen epoch and why.

    Attributes
    ----------
    record : EpochRecord
        The chosen epoch.
    candidates : tuple of EpochRecord
        The epochs of lowest FID, the lowest first.
    override : bool
        Whether the configuration made the choice.
    reason : str
        The reason in a sentence.
    """

    record: EpochRecord
    candidates: tuple[EpochRecord, ...]
    override: bool
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "epoch": self.record.epoch,
            "fid": self.record.fid,
            "extractor": self.record.extractor,
            "breadth": self.record.breadth,
            "override": self.override,
            "reason": self.reason,
            "candidates": [
                {
                    "epoch": candidate.epoch,
                    "fid": candidate.fid,
                    "breadth": candidate.breadth,
                    "parameters": candidate.parameters,
                }
                | ({} if candidate.kernel is None else {"kernel": float(np.mean(candidate.kernel))})
                for candidate in self.candidates
            ],
        }


def choose_epoch(records: Sequence[EpochRecord], candidates: int, override: int | None = None) -> EpochChoice:
    """Choose the epoch with the broadest learned parameters among those of lowest FID.

    A low distance alone can come from a generator that gives every arrangement the same few
    parameters; the breadth (`history.breadth`) guards against it. Equal breadth is decided by the lower
    FID, equal FID by the earlier epoch.

    Parameters
    ----------
    records : sequence of EpochRecord
        The finished epochs, at least one.
    candidates : int
        Epochs of lowest FID to choose from.
    override : int, optional
        The epoch to take instead (`selection.epoch`).

    Raises
    ------
    ConfigError
        If the epoch to take is not among the finished ones.

    Notes
    -----
    Source: Possart et al. 2025, Methods; they judged the breadth by eye.
    """
    ranked = tuple(sorted(records, key=lambda record: (record.fid, record.epoch))[:candidates])
    if override is not None:
        chosen = find_epoch(records, override)
        reason = f"Epoch {override} was set by selection.epoch (FID {chosen.fid:.1f}, breadth {chosen.breadth:.3f})."
        return EpochChoice(chosen, ranked, True, reason)
    chosen = max(ranked, key=lambda record: (record.breadth, -record.fid, -record.epoch))
    best = ranked[0]
    reason = (
        f"Epoch {chosen.epoch} has the broadest distribution of learned parameters (breadth {chosen.breadth:.3f}) "
        f"among the {len(ranked)} epochs of lowest FID; its FID is {chosen.fid:.1f}"
    )
    reason += (
        ", the lowest of all."
        if chosen is best
        else f", the lowest is {best.fid:.1f} (epoch {best.epoch}, breadth {best.breadth:.3f})."
    )
    return EpochChoice(chosen, ranked, False, reason)


def find_epoch(records: Sequence[EpochRecord], epoch: int) -> EpochRecord:
    """Return the record of an epoch.

    Raises
    ------
    ConfigError
        If it is not among the finished ones.
    """
    for record in records:
        if record.epoch == epoch:
            return record
    raise ConfigError(
        f"selection.epoch is {epoch}, but the training has finished epochs {records[0].epoch} to {records[-1].epoch}; "
        "give one of these, or leave the field out to have it chosen."
    )
