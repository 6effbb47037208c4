"""The score table of an evaluation: a row per network, seed, decoding and scan, and its summary."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.metrics.segmentation import ScanScores
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.cells import plain_row
from diffrendergan.sizes.bootstrap import RESAMPLES, bootstrap_mean

Method = str
"""What predicted: "synthetic" and "real" name what a network was trained on, "otsu" is the classical baseline."""

MEASURES = (
    "dsc",
    "foreground_iou",
    "ap50",
    "pq",
    "sq",
    "rq",
    "ap",
    "aji",
    "boundary_f1",
    "count_error",
    "relative_count_error",
    "diameter_distance_px",
    "diameter_distance_nm",
)
"""The scores that are summarized."""


@dataclass(frozen=True)
class Row:
    """The scores of one prediction."""

    method: Method
    seed: int | None
    """None for what draws nothing, as the baseline."""
    decoding: str
    """How particles were told apart."""
    scan: str
    scores: ScanScores

    def flat(self) -> dict[str, Any]:
        """Return the row with its scores as plain values."""
        head = {"method": self.method, "seed": self.seed, "decoding": self.decoding, "scan": self.scan}
        return head | self.scores._asdict()


def summarize(rows: Sequence[Row], resamples: int = RESAMPLES, seed: int = 0) -> list[dict[str, Any]]:
    """Return mean, spread and interval for each method and decoding, in the order of first appearance.

    Parameters
    ----------
    rows
        Scores of any number of methods, seeds and scans.
    resamples, seed
        Of the bootstrap: see `sizes.bootstrap.bootstrap_mean`.

    Returns
    -------
    list of dict
        Each with `method`, `decoding`, the numbers of `seeds` and `scans`, and for each of `MEASURES` what
        `summarize_measure` returns.
    """
    summary = []
    for method, decoding in dict.fromkeys((row.method, row.decoding) for row in rows):
        chosen = [row for row in rows if (row.method, row.decoding) == (method, decoding)]
        entry: dict[str, Any] = {
            "method": method,
            "decoding": decoding,
            "seeds": len({row.seed for row in chosen}),
            "scans": len({row.scan for row in chosen}),
        }
        summary.append(entry | {measure: summarize_measure(chosen, measure, resamples, seed) for measure in MEASURES})
    return summary


def summarize_measure(
    rows: Sequence[Row], measure: str, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, float | list[float] | None]:
    """Return mean, spread over seeds and interval over scans of one score of one method.

    Rows without this score are left out.

    Returns
    -------
    dict
        `mean`: over scans, of each scan's score averaged over its seeds. `std` and `variance` (with n - 1): of each
        seed's average over the scans that all seeds have; they tell how much the training's chance matters.
        `interval`: [low, high], the 95 % bootstrap interval of the mean over scans; it tells how much the choice of
        the scans matters. None where there is too little: no score, one seed, one scan.
    """
    scored = [(row.seed, row.scan, float(value)) for row in rows if (value := getattr(row.scores, measure)) is not None]
    of_scans = _averages([(scan, value) for _, scan, value in scored])
    # Seeds are compared on the scans that all of them have: a benchmark that goes on has some of the last seed only.
    seen = [{scan for number, scan, _ in scored if number == one} for one in {number for number, _, _ in scored}]
    common = set.intersection(*seen) if seen else set()
    of_seeds = _averages([(number, value) for number, scan, value in scored if scan in common])
    interval = bootstrap_mean(of_scans, resamples, seed)
    variance = float(np.var(of_seeds, ddof=1)) if len(of_seeds) > 1 else None
    return {
        "mean": float(np.mean(of_scans)) if of_scans else None,
        "std": None if variance is None else variance**0.5,
        "variance": variance,
        "interval": None if interval is None else list(interval),
    }


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as CSV, atomically; the header is there even without rows, and what is not known is empty."""
    text = io.StringIO()
    names = ["method", "seed", "decoding", "scan", *ScanScores._fields]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain_row(row.flat()) for row in rows)
    write_text(path, text.getvalue())


def _averages(pairs: Sequence[tuple[Any, float]]) -> list[float]:
    """Return the mean of the values of each key."""
    groups: dict[Any, list[float]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return [float(np.mean(values)) for values in groups.values()]
