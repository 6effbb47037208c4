"""Scores of a folder of predicted label images against a folder of annotations, made by any tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.evaluation.folders.plan import FolderOptions, FolderPlan, read_pair, say_cropped
from diffrendergan.evaluation.scoring import Row, summarize, write_table
from diffrendergan.labels.lying import lies_elsewhere
from diffrendergan.labels.regions import drop_small
from diffrendergan.metrics.boundary import TOLERANCE_PX
from diffrendergan.metrics.layers import LayerScores, score_layers
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.bootstrap import CONFIDENCE

DOUBTED_DSC = 0.8
"""Predictions that agree less with the annotation are tried upside down, turned and moved, too."""


@dataclass(frozen=True)
class FolderScores:
    """What came of it."""

    plan: FolderPlan
    rows: tuple[Row, ...]
    pixel_sizes_nm: Mapping[str, float | None]
    """By scan."""
    summary: Mapping[str, Any]
    """As an entry of `scoring.summarize`; empty without any scored scan."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Scans that could not be scored, with the reason."""
    cropped_rows: Mapping[str, int] = field(default_factory=dict)
    """Rows of a data bar at the bottom of the annotation that were not scored, by scan."""
    whole: Mapping[str, LayerScores] = field(default_factory=dict)
    """Scores of whole particles, of scans whose outlines lie over each other."""

    @property
    def whole_means(self) -> dict[str, float]:
        """Means over these scans; empty where there is none."""
        measures = ("ap50", "ap", "pq", "sq", "rq") if self.whole else ()
        return {name: float(np.mean([getattr(one, name) for one in self.whole.values()])) for name in measures}


def score_folders(
    pred: Path, gt: Path, options: FolderOptions, plan: FolderPlan, reporter: Reporter | None = None
) -> FolderScores:
    """Score all pairs of a plan; those that fail are left out of the summary and named."""
    rows: list[Row] = []
    sizes: dict[str, float | None] = {}
    cropped: dict[str, int] = {}
    whole: dict[str, LayerScores] = {}
    reporter = reporter or SilentReporter()
    failures = dict(plan.failures)
    pairs = plan.pairing.pairs
    decoding = "given" if plan.pred_kind == "instances" else "components"
    for pair in reporter.track(pairs, "score", len(pairs)):
        if pair.name in failures:
            continue
        try:
            images = read_pair(pair, plan, options)
        except DataError as error:
            failures[pair.name] = str(error)
            continue
        sizes[pair.name], cropped[pair.name] = images.pixel_size_nm, images.cropped_rows
        predicted = drop_small(images.predicted, options.min_region_px)
        scores = score_scan(images.annotated, predicted, images.pixel_size_nm)
        if scores.dsc < DOUBTED_DSC and (
            elsewhere := lies_elsewhere(predicted, images.annotated > 0, shown="those annotated", may_fail=True)
        ):
            reporter.note(f"Doubtful: of {pair.pred}, {elsewhere}.")
        if images.whole is not None:
            found, true = images.whole
            large = found.numbers[found.areas >= options.min_region_px].tolist()
            whole[pair.name] = score_layers(true, found.only(large))
        rows.append(Row(pred.resolve().name, None, decoding, pair.name, scores))
    say_cropped(cropped, reporter)
    _say_empty(rows, reporter)
    summary = summarize(rows, options.resamples, options.seed)
    return FolderScores(plan, tuple(rows), sizes, summary[0] if summary else {}, failures, cropped, whole)


def _is_empty(scores: ScanScores) -> bool:
    return scores.true_positives + scores.false_positives + scores.false_negatives == 0


def _say_empty(rows: Sequence[Row], reporter: Reporter) -> None:
    """Say which scans show no particle on either side: nothing is wrong there, and that lifts the mean."""
    empty = [row.scan for row in rows if _is_empty(row.scores)]
    if empty:
        reporter.note(
            f"No particle is annotated or predicted in {some(empty)}: counted as wholly right (1.000) in the mean; "
            "leave such scans out of both folders if the scores are to be of particles alone."
        )


def write_folder_scores(base: Path, pred: Path, gt: Path, options: FolderOptions, scores: FolderScores) -> None:
    """Write the rows as `<base>.csv`, and all that was found and chosen as `<base>.json`.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    plan = scores.plan
    write_table(base.with_name(f"{base.name}.csv"), scores.rows)
    write_json(
        base.with_name(f"{base.name}.json"),
        {
            "pred": {"folder": str(pred), "suffix": plan.pairing.pred_suffix, "kind": plan.pred_kind},
            "gt": {"folder": str(gt), "suffix": plan.pairing.gt_suffix, "kind": plan.gt_kind},
            "min_region_px": options.min_region_px,
            "crop_data_bar": options.crop_data_bar,
            "boundary_tolerance_px": TOLERANCE_PX,
            "bootstrap": {"resamples": options.resamples, "seed": options.seed, "level": CONFIDENCE},
            "summary": [scores.summary] if scores.summary else [],
            "whole": {"mean": scores.whole_means, **{name: one._asdict() for name, one in scores.whole.items()}},
            "rows": [row.flat() | _of_files(row.scan, scores) for row in scores.rows],
            "without_annotation": list(plan.pairing.without_annotation),
            "without_prediction": list(plan.pairing.without_prediction),
            "remarks": list(plan.remarks),
            "doubts": list(plan.doubts),
            "failures": dict(scores.failures),
        },
    )


def _of_files(scan: str, scores: FolderScores) -> dict[str, Any]:
    return {"pixel_size_nm": scores.pixel_sizes_nm[scan], "cropped_rows": scores.cropped_rows.get(scan, 0)}
