"""Scores as they are kept in files, and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diffrendergan.evaluation.scoring import Row
from diffrendergan.metrics.segmentation import ScanScores
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.checked import with_sum, without_sum


def keep_scores(path: Path, made_with: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Write scores, and what they depend on as plain values."""
    write_json(path, with_sum({"made_with": made_with, "rows": [row.flat() for row in rows]}))


def kept_scores(path: Path, made_with: Mapping[str, Any]) -> list[Row] | None:
    """Return scores from before; None if there are none, if they depend on something else, or have changed since.

    Raises
    ------
    RunFolderError
        If the file cannot be read.
    """
    values = without_sum(read_json(path)) if path.exists() else None
    if values is None or values.get("made_with") != made_with:
        return None
    return [row_of(entry) for entry in values["rows"]]


def row_of(entry: dict[str, Any]) -> Row:
    """Return the row that `Row.flat` described."""
    values = dict(entry)
    head = {name: values.pop(name) for name in ("method", "seed", "decoding", "scan")}
    return Row(**head, scores=ScanScores(**values))
