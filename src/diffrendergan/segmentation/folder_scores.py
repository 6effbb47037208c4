"""Scores of a folder of predicted label images against a folder of annotations, made by any tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.metrics.bootstrap import LEVEL, RESAMPLES
from diffrendergan.metrics.boundary import TOLERANCE_PX
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.databar import LARGEST_FRACTION
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.folder_pairs import Pair, Pairing, pair_folders
from diffrendergan.segmentation.instances import drop_small
from diffrendergan.segmentation.label_files import (
    Kind,
    as_instances,
    guess_kind,
    read_numbers,
    readable_traits,
)
from diffrendergan.segmentation.scoring import Row, summarize, write_table


@dataclass(frozen=True)
class FolderOptions:
    """How two folders are compared."""

    pred_suffix: str | None = None
    """NAME<pred_suffix>.tif is the prediction of the scan NAME; None tries `folder_pairs.SUFFIXES`."""
    gt_suffix: str | None = None
    """NAME<gt_suffix>.tif is its annotation; None tries `folder_pairs.SUFFIXES`."""
    pred_kind: Kind | Literal["auto"] = "auto"
    gt_kind: Kind | Literal["auto"] = "auto"
    """What the numbers mean: see `label_files.as_instances`; "auto" decides from them, for each folder."""
    pixel_size_nm: float | None = None
    """Edge of a pixel of all images [nm]; None takes it from TIFF files that state it."""
    min_region_px: int = 0
    """Predicted particles smaller than this are dropped [px], annotated ones never."""
    crop_data_bar: bool = False
    """Crop an annotation that is taller than its prediction, by a data bar at the bottom."""
    resamples: int = RESAMPLES
    seed: int = 0
    """Of the bootstrap."""


@dataclass(frozen=True)
class FolderPlan:
    """What is to be compared, and how."""

    pairing: Pairing
    pred_kind: Kind
    gt_kind: Kind
    failures: Mapping[str, str]
    """Scans of which a file cannot be used, with the reason."""


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


def plan_folders(pred: Path, gt: Path, options: FolderOptions, reporter: Reporter | None = None) -> FolderPlan:
    """Pair the files of two folders, and decide what their numbers mean.

    Raises
    ------
    DataError
        As `pair_folders`, or if the numbers of a folder cannot be those of label images.
    """
    pairing = pair_folders(pred, gt, options.pred_suffix, options.gt_suffix)
    reporter, failures = reporter or SilentReporter(), dict[str, str]()
    pred_kind, gt_kind = options.pred_kind, options.gt_kind
    if pred_kind == "auto":
        files = ((pair.name, pair.pred) for pair in pairing.pairs)
        pred_kind = guess_kind(
            readable_traits(reporter.track(files, "look at predictions", len(pairing.pairs)), failures)
        )
    if gt_kind == "auto":
        files = ((pair.name, pair.gt) for pair in pairing.pairs)
        gt_kind = guess_kind(
            readable_traits(reporter.track(files, "look at annotations", len(pairing.pairs)), failures)
        )
    return FolderPlan(pairing, pred_kind, gt_kind, failures)


def score_folders(
    pred: Path, gt: Path, options: FolderOptions, plan: FolderPlan, reporter: Reporter | None = None
) -> FolderScores:
    """Score all pairs of a plan; those that fail are left out of the summary and named."""
    rows: list[Row] = []
    sizes: dict[str, float | None] = {}
    failures = dict(plan.failures)
    pairs = plan.pairing.pairs
    decoding = "given" if plan.pred_kind == "instances" else "components"
    for pair in (reporter or SilentReporter()).track(pairs, "score", len(pairs)):
        if pair.name in failures:
            continue
        try:
            predicted, annotated, sizes[pair.name] = _read_pair(pair, plan, options)
        except DataError as error:
            failures[pair.name] = str(error)
            continue
        scores = score_scan(annotated, drop_small(predicted, options.min_region_px), sizes[pair.name])
        rows.append(Row(pred.resolve().name, None, decoding, pair.name, scores))
    summary = summarize(rows, options.resamples, options.seed)
    return FolderScores(plan, tuple(rows), sizes, summary[0] if summary else {}, failures)


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
            "bootstrap": {"resamples": options.resamples, "seed": options.seed, "level": LEVEL},
            "summary": [scores.summary] if scores.summary else [],
            "rows": [row.flat() | {"pixel_size_nm": scores.pixel_sizes_nm[row.scan]} for row in scores.rows],
            "without_annotation": list(plan.pairing.without_annotation),
            "without_prediction": list(plan.pairing.without_prediction),
            "failures": dict(scores.failures),
        },
    )


def _read_pair(
    pair: Pair, plan: FolderPlan, options: FolderOptions
) -> tuple[NDArray[np.int32], NDArray[np.int32], float | None]:
    """Return prediction and annotation as label images of equal shape, and their pixel size [nm]."""
    predicted, pred_size = read_numbers(pair.pred)
    annotated, gt_size = read_numbers(pair.gt)
    rows, columns = predicted.shape
    if annotated.shape != (rows, columns):
        height, width = annotated.shape
        bar_like = width == columns and 0 < height - rows <= LARGEST_FRACTION * height
        if not (bar_like and options.crop_data_bar):
            hint = (
                "if the annotation includes a data bar at the bottom, give --crop-data-bar"
                if bar_like
                else "bring both to the pixels of the scan"
            )
            raise DataError(
                f"the prediction {pair.pred} has {columns}×{rows} pixels, but the annotation {pair.gt} has "
                f"{width}×{height}; {hint}."
            )
    labels = as_instances(predicted, plan.pred_kind), as_instances(annotated[:rows], plan.gt_kind)
    return *labels, options.pixel_size_nm or _common_size(pair, pred_size, gt_size)


def _common_size(pair: Pair, pred_size: float | None, gt_size: float | None) -> float | None:
    if pred_size is None or gt_size is None:
        return gt_size if pred_size is None else pred_size
    if abs(pred_size - gt_size) > PIXEL_SIZE_TOLERANCE * gt_size:
        raise DataError(
            f"{pair.pred} has {pred_size:.4g} nm per pixel, but {pair.gt} has {gt_size:.4g}; say which is right with "
            "--pixel-size-nm."
        )
    return gt_size
