"""What two folders of label images are compared by: pairs of files, what their numbers mean, and whether they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.files import (
    Kind,
    as_instances,
    guess_kind,
    label_listing,
    read_numbers,
    readable_traits,
)
from diffrendergan.labels.pairs import Pair, Pairing, pair_folders
from diffrendergan.micrographs.databar import LARGEST_FRACTION
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.bootstrap import RESAMPLES


@dataclass(frozen=True)
class FolderOptions:
    """How two folders are compared."""

    pred_suffix: str | None = None
    """NAME<pred_suffix>.tif is the prediction of the scan NAME; None tries `names.LABEL_SUFFIXES`."""
    gt_suffix: str | None = None
    """NAME<gt_suffix>.tif is its annotation; None tries `names.LABEL_SUFFIXES`."""
    pred_kind: Kind | Literal["auto"] = "auto"
    gt_kind: Kind | Literal["auto"] = "auto"
    """What the numbers mean: see `label_files.as_instances`; "auto" decides from them, for each folder."""
    pixel_size_nm: float | None = None
    """Edge of a pixel of all images [nm]; None takes it from TIFF files that state it."""
    min_region_px: int = 0
    """Predicted particles smaller than this are dropped [px], annotated ones never."""
    crop_data_bar: bool = False
    """Crop an annotation that is taller than its prediction even if those rows at the bottom are annotated."""
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


def plan_folders(pred: Path, gt: Path, options: FolderOptions, reporter: Reporter | None = None) -> FolderPlan:
    """Pair the files of two folders, and decide what their numbers mean.

    Raises
    ------
    DataError
        As `pair_folders`, or if the numbers of a folder cannot be those of label images.
    """
    pairing = pair_folders(pred, gt, options.pred_suffix, options.gt_suffix)
    reporter, failures = reporter or SilentReporter(), dict[str, str]()
    for folder in dict.fromkeys((pred, gt)):
        for remark in label_listing(folder).remarks:
            reporter.note(remark)
    predictions = [(pair.name, pair.pred) for pair in pairing.pairs]
    annotations = [(pair.name, pair.gt) for pair in pairing.pairs]
    pred_kind = _chosen(options.pred_kind, predictions, "look at predictions", failures, reporter)
    gt_kind = _chosen(options.gt_kind, annotations, "look at annotations", failures, reporter)
    return FolderPlan(pairing, pred_kind, gt_kind, failures)


def _chosen(
    kind: Kind | Literal["auto"],
    files: Sequence[tuple[str, Path]],
    description: str,
    failures: dict[str, str],
    reporter: Reporter,
) -> Kind:
    """Return what the numbers of a folder's files mean, from the files themselves for "auto"."""
    if kind != "auto":
        return kind
    return guess_kind(readable_traits(reporter.track(files, description, len(files)), failures))


def check_pairs(plan: FolderPlan, options: FolderOptions, reporter: Reporter | None = None) -> dict[str, str]:
    """Return the scans of a plan that cannot be scored, with the reason, without scoring any."""
    reporter, failures, cropped = reporter or SilentReporter(), dict(plan.failures), dict[str, int]()
    pairs = plan.pairing.pairs
    for pair in reporter.track(pairs, "check the pairs", len(pairs)):
        try:
            cropped[pair.name] = read_pair(pair, plan, options).cropped_rows
        except DataError as error:
            failures.setdefault(pair.name, str(error))
    say_cropped(cropped, reporter)
    return failures


def say_cropped(cropped: Mapping[str, int], reporter: Reporter) -> None:
    """Say once in how many scans rows of the annotation were left out, by the rows of each."""
    rows = sorted({number for number in cropped.values() if number})
    if rows:
        count = sum(number > 0 for number in cropped.values())
        which = f"{rows[0]}" if len(rows) == 1 else f"{rows[0]} to {rows[-1]}"
        reporter.note(
            f"In {count} of {len(cropped)} pairs the annotation is {which} rows taller than the prediction: a data bar "
            "at the bottom, which the prediction was cropped of; these rows are not scored."
        )


class PairImages(NamedTuple):
    """What is scored of a scan."""

    predicted: NDArray[np.int32]
    """Label image (H, W), 0 background."""
    annotated: NDArray[np.int32]
    """The same of the annotation."""
    pixel_size_nm: float | None
    cropped_rows: int
    """Rows of a data bar that the annotation had at the bottom, and the prediction had not."""


def read_pair(pair: Pair, plan: FolderPlan, options: FolderOptions) -> PairImages:
    """Read the files of a scan as they are scored.

    Raises
    ------
    DataError
        If a file cannot be read, or sizes or pixel sizes do not fit.
    """
    predicted, pred_size = read_numbers(pair.pred)
    annotated, gt_size = read_numbers(pair.gt)
    rows = len(predicted)
    if annotated.shape != predicted.shape:
        _check_data_bar(pair, predicted, annotated, options)
    labels = as_instances(predicted, plan.pred_kind), as_instances(annotated[:rows], plan.gt_kind)
    size = options.pixel_size_nm or _common_size(pair, pred_size, gt_size)
    return PairImages(*labels, size, len(annotated) - rows)


def _check_data_bar(
    pair: Pair, predicted: NDArray[np.integer], annotated: NDArray[np.integer], options: FolderOptions
) -> None:
    """Accept an annotation that is taller by rows at the bottom in which nothing is annotated: those of a data bar.

    Raises
    ------
    DataError
        If the sizes differ otherwise.
    """
    (rows, columns), (height, width) = predicted.shape, annotated.shape
    bar_like = width == columns and 0 < height - rows <= LARGEST_FRACTION * height
    if bar_like and (options.crop_data_bar or not annotated[rows:].any()):
        return
    hint = "bring both to the pixels of the scan"
    if bar_like:
        hint = (
            f"the lowest {height - rows} rows are annotated, so it is not plain that they are a data bar; if they are, "
            "give --crop-data-bar"
        )
    raise DataError(
        f"the prediction {pair.pred} has {columns}×{rows} pixels, but the annotation {pair.gt} has {width}×{height}; "
        f"{hint}."
    )


def _common_size(pair: Pair, pred_size: float | None, gt_size: float | None) -> float | None:
    if pred_size is None or gt_size is None:
        return gt_size if pred_size is None else pred_size
    if abs(pred_size - gt_size) > PIXEL_SIZE_TOLERANCE * gt_size:
        raise DataError(
            f"{pair.pred} has {pred_size:.4g} nm per pixel, but {pair.gt} has {gt_size:.4g}; say which is right with "
            "--pixel-size-nm."
        )
    return gt_size
