"""The scores of `evaluate`, read and arranged for the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json

MEASURES = (
    "dsc",
    "foreground_iou",
    "ap50",
    "ap",
    "pq",
    "sq",
    "rq",
    "aji",
    "boundary_f1",
    "count_error",
    "relative_count_error",
    "diameter_distance_px",
    "diameter_distance_nm",
)
DECODINGS = ("components", "watershed", "distance", "amodal")


class Value(NamedTuple):
    """A score over seeds and scans."""

    mean: float
    spread: float | None = None
    """Standard deviation over the seeds; None where there is one."""
    interval: tuple[float, float] | None = None
    """95 % interval of the mean over the scans; None where there is one scan."""


@dataclass(frozen=True)
class ScanRow:
    """Scores of one prediction."""

    method: str
    seed: int | None
    decoding: str
    scan: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Scores:
    """What `evaluate` found."""

    note: str
    decoding: str
    """How the headline instances are cut."""
    scans: tuple[str, ...]
    """The held-out scans, annotated or not."""
    particles: Mapping[str, int]
    """Annotated particles of the annotated scans."""
    train_scans: tuple[str, ...]
    seeds: Mapping[str, int]
    """Networks per method."""
    summary: Mapping[tuple[str, str], Mapping[str, Value]]
    """(method, decoding) → score name → value; without scores that are unknown, as lengths in nm without scale."""
    rows: tuple[ScanRow, ...]
    doubts: tuple[str, ...] = ()
    """What is doubtful of the annotations, a sentence each."""
    whole: Mapping[str, Any] = field(default_factory=dict)
    """What `evaluation.whole.summary_of` says of the first network, on synthetic images; empty without whole shapes."""

    @property
    def methods(self) -> list[str]:
        """Networks first, the classical baseline last."""
        return sorted(self.seeds, key=lambda name: {"synthetic": 0, "real": 1}.get(name, 2))

    def value(self, method: str, measure: str, decoding: str | None = None) -> Value | None:
        """Return a score over the seeds; by default that of the headline instances."""
        return self.summary.get((method, decoding or self._headline(method)), {}).get(measure)

    def _headline(self, method: str) -> str:
        """Return how the headline instances of a method are cut: whole shapes are known of synthetic images only."""
        without = self.decoding == "amodal" and (method, "amodal") not in self.summary
        return "watershed" if without else self.decoding

    def of_scan(self, method: str, scan: str, measure: str, decoding: str | None = None) -> float | None:
        """Return a scan's score, the mean over the seeds; None if it was not scored."""
        values = [
            row.scores[measure]
            for row in self.rows
            if (row.method, row.scan, row.decoding) == (method, scan, decoding or self._headline(method))
            and measure in row.scores
        ]
        return math.fsum(values) / len(values) if values else None

    def of_overlay(self, scan: str, seed: int) -> Mapping[str, float]:
        """Return the scores of one prediction of the network trained on synthetic images, empty if not scored."""
        for row in self.rows:
            if (row.method, row.scan, row.decoding, row.seed) == ("synthetic", scan, self.decoding, seed):
                return row.scores
        return {}


def read_scores(folder: Path) -> Scores | None:
    """Return the scores of a run, None before `evaluate` has finished.

    Raises
    ------
    RunFolderError
        If `scores.json` is broken.
    """
    path = folder / "evaluate" / "scores.json"
    if not path.exists():
        return None
    value = read_json(path)
    try:
        return _parse(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunFolderError(
            f"{path} is not as `evaluate` writes it ({type(error).__name__}: {error}); give `evaluate` again with "
            "--redo, then `report`."
        ) from error


def overlay_paths(folder: Path, scores: Scores, seed: int) -> dict[str, Path]:
    """Return the overlays of one network, by scan, in the headline's decoding; only those that are there."""
    place = folder / "evaluate" / "overlays" / f"seed_{seed}" / scores.decoding
    return {name: path for name in scores.scans if (path := place / f"{name}.png").exists()}


def _parse(value: Any) -> Scores:
    summary = {
        (str(entry["method"]), str(entry["decoding"])): {
            name: told for name in MEASURES if (told := _value(entry[name])) is not None
        }
        for entry in value["summary"]
    }
    rows = tuple(
        ScanRow(
            str(row["method"]), None if row["seed"] is None else int(row["seed"]), str(row["decoding"]),
            str(row["scan"]), {name: float(row[name]) for name in MEASURES if row[name] is not None},
        )
        for row in value["rows"]
    )  # fmt: skip
    decoding = str(value["headline"]["decoding"])
    if decoding not in DECODINGS or any(pair[1] not in DECODINGS for pair in summary):
        raise ValueError(f"particles are cut by {' or '.join(DECODINGS)}, not otherwise")
    return Scores(
        note=str(value["note"]),
        decoding=decoding,
        scans=tuple(str(scan["name"]) for scan in value["scans"]),
        particles={str(s["name"]): int(s["annotated_particles"]) for s in value["scans"] if s["annotated"]},
        train_scans=tuple(str(name) for name in value["train_scans"]),
        seeds={str(entry["method"]): int(entry["seeds"]) for entry in value["summary"]},
        summary=summary,
        rows=rows,
        doubts=tuple(str(doubt) for doubt in value.get("doubts", ())),
        whole=next(iter(value.get("whole_shapes", {}).values()), {}),
    )


def _value(entry: Any) -> Value | None:
    """Return a score of the summary; None where no scan tells it."""
    if entry["mean"] is None:
        return None
    bounds = entry["interval"]
    interval = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    return Value(float(entry["mean"]), _optional(entry["std"]), interval)


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
