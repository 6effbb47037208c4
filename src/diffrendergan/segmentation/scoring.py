"""The score table of an evaluation: a row per network, seed, decoding and scan, and its summary."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.micrographs.annotations import read_mask
from diffrendergan.runs.atomic import write_text
from diffrendergan.segmentation.instances import Decoding

Method = Literal["synthetic", "real", "otsu"]
"""What a network was trained on, or the classical baseline."""

MEASURES = ("dsc", "foreground_iou", "ap50", "pq", "sq", "rq")


@dataclass(frozen=True)
class Row:
    """The scores of one prediction."""

    method: Method
    seed: int | None
    """None for the baseline, which draws nothing."""
    decoding: Decoding
    scan: str
    scores: ScanScores

    def flat(self) -> dict[str, Any]:
        """Return the row with its scores as plain values."""
        head = {"method": self.method, "seed": self.seed, "decoding": self.decoding, "scan": self.scan}
        return head | self.scores._asdict()


def summarize(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return mean and spread for each method and decoding, in the order of first appearance.

    Each score is averaged over the scans of a seed; `mean` and `std` are taken over these averages of the seeds, and
    `std` (with n - 1) is None where there is one seed.
    """
    summary = []
    for method, decoding in dict.fromkeys((row.method, row.decoding) for row in rows):
        by_seed: dict[int | None, list[ScanScores]] = {}
        for row in rows:
            if (row.method, row.decoding) == (method, decoding):
                by_seed.setdefault(row.seed, []).append(row.scores)
        means = np.array(
            [np.mean([[getattr(s, m) for m in MEASURES] for s in scores], 0) for scores in by_seed.values()]
        )
        spread = means.std(axis=0, ddof=1).tolist() if len(means) > 1 else [None] * len(MEASURES)
        entry: dict[str, Any] = {
            "method": method,
            "decoding": decoding,
            "seeds": len(by_seed),
            "scans": len({row.scan for row in rows if (row.method, row.decoding) == (method, decoding)}),
        }
        for measure, mean, std in zip(MEASURES, means.mean(axis=0).tolist(), spread, strict=True):
            entry[measure] = {"mean": mean, "std": std}
        summary.append(entry)
    return summary


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as CSV, atomically; the header is there even without rows."""
    text = io.StringIO()
    names = ["method", "seed", "decoding", "scan", *ScanScores._fields]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.flat() for row in rows)
    write_text(path, text.getvalue())


def score_files(mask: Path, prediction: Path, mask_kind: Literal["particles", "instances"] = "particles") -> ScanScores:
    """Score a predicted label image on disk against an annotation on disk.

    Parameters
    ----------
    mask
        The annotation; rows of a data bar at its bottom are cropped.
    prediction
        A label image, a number per particle, as `evaluate` writes them.
    mask_kind
        What the numbers of the annotation mean: see `micrographs.annotations.read_mask`.

    Raises
    ------
    DataError
        If a file cannot be read or the sizes do not fit.
    """
    predicted = read_mask(prediction, "instances")
    height, width = predicted.shape
    return score_scan(read_mask(mask, mask_kind, (height, width)), predicted)
