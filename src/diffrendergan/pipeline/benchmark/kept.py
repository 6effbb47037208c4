"""Scores as they are kept in files, and read again."""

from __future__ import annotations

from typing import Any

from diffrendergan.evaluation.scoring import Row
from diffrendergan.metrics.segmentation import ScanScores


def row_of(entry: dict[str, Any]) -> Row:
    """Return the row that `Row.flat` described."""
    values = dict(entry)
    head = {name: values.pop(name) for name in ("method", "seed", "decoding", "scan")}
    return Row(**head, scores=ScanScores(**values))
