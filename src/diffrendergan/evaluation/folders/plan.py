"""What two folders of label images are compared by: pairs of files, what their numbers mean, and whether they fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.files import label_listing
from diffrendergan.labels.fit import common_rows
from diffrendergan.labels.kinds import Kind
from diffrendergan.labels.label_set import LabelSet, Words, contradiction, look_through
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.pairs import Pair, Pairing, pair_folders
from diffrendergan.labels.reading import read_layers_of, read_numbers, says_no_size
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.sizes.bootstrap import RESAMPLES


@dataclass(frozen=True)
class FolderOptions:
    """How two folders are compared."""

    pred_suffix: str | None = None
    """NAME<pred_suffix>.tif is the prediction of the scan NAME; None tries `names.LABEL_FORMS`."""
    gt_suffix: str | None = None
    """NAME<gt_suffix>.tif is its annotation; None tries `names.LABEL_FORMS`."""
    pred_kind: Kind | Literal["auto"] = "auto"
    gt_kind: Kind | Literal["auto"] = "auto"
    """What the numbers mean: see `kinds.Meaning`; "auto" decides from them, for each folder."""
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
    predictions: LabelSet
    annotations: LabelSet

    @property
    def pred_kind(self) -> Kind:
        """What the numbers of the predictions mean."""
        return self.predictions.kind

    @property
    def gt_kind(self) -> Kind:
        """What the numbers of the annotations mean."""
        return self.annotations.kind

    @property
    def failures(self) -> Mapping[str, str]:
        """Scans of which a file cannot be used, with the reason."""
        return {**self.annotations.failures, **self.predictions.failures}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was made of the files where that is not plain, a sentence each."""
        return self.predictions.remarks + self.annotations.remarks

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is doubtful, and what to do, a sentence each."""
        return self.predictions.doubts + self.annotations.doubts


def plan_folders(pred: Path, gt: Path, options: FolderOptions, reporter: Reporter | None = None) -> FolderPlan:
    """Pair the files of two folders, look at each once, and decide what their numbers mean.

    Raises
    ------
    DataError
        As `pair_folders`, or if the numbers of a folder cannot be those of label images.
    """
    pairing = pair_folders(pred, gt, options.pred_suffix, options.gt_suffix)
    reporter = reporter or SilentReporter()
    for folder in dict.fromkeys((pred, gt)):
        for remark in label_listing(folder).remarks:
            reporter.note(remark)
    predictions = look_through(
        pred,
        {pair.name: pair.pred for pair in pairing.pairs},
        options.pred_kind,
        pairing.pred_suffix,
        Words("--pred-suffix", "--pred-kind"),
        reporter,
        description="look at predictions",
    )
    annotations = look_through(
        gt,
        {pair.name: pair.gt for pair in pairing.pairs},
        options.gt_kind,
        pairing.gt_suffix,
        Words("--gt-suffix", "--gt-kind"),
        reporter,
        description="look at annotations",
    )
    return FolderPlan(pairing, predictions, annotations)


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
    whole: tuple[Layers, Layers] | None = None
    """Predicted and annotated particles, each whole where others lie over it; None where no outlines overlap."""


def read_pair(pair: Pair, plan: FolderPlan, options: FolderOptions) -> PairImages:
    """Read the files of a scan as they are scored.

    Raises
    ------
    DataError
        If a file cannot be read, or sizes or pixel sizes do not fit.
    """
    # Outlines do not say how large the image is: they are taken as large as the other.
    outlined = _size_of_pair(pair)
    predicted, pred_size, *_ = read_numbers(pair.pred, outlined)
    annotated, gt_size, *_ = read_numbers(pair.gt, outlined)
    rows = len(predicted)
    if annotated.shape != predicted.shape:
        _check_data_bar(pair, predicted, annotated, options)
    labels = plan.predictions.meaning.instances(predicted), plan.annotations.meaning.instances(annotated[:rows])
    size = options.pixel_size_nm or _common_size(pair, pred_size, gt_size)
    return PairImages(*labels, size, len(annotated) - rows, _whole(pair, labels, outlined))


def _whole(
    pair: Pair, labels: tuple[NDArray[np.int32], NDArray[np.int32]], outlined: tuple[int, int] | None
) -> tuple[Layers, Layers] | None:
    """Return both sides as layers, if the outlines of either lie over each other."""
    read = [read_layers_of(path, outlined) for path in (pair.pred, pair.gt)]
    if not any(layers is not None and layers.depth().max(initial=0) > 1 for layers in read):
        return None
    shape = labels[0].shape
    predicted, annotated = (
        Layers.of_labels(flat) if layers is None else layers.of_shape(shape)
        for layers, flat in zip(read, labels, strict=True)
    )
    return predicted, annotated


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
    bar_like = height > rows and common_rows(annotated.shape, predicted.shape) is not None
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


def _size_of_pair(pair: Pair) -> tuple[int, int] | None:
    """Return rows and columns of a pair's label image where the other is of outlines, which do not say them."""
    outlined = [says_no_size(path) for path in (pair.pred, pair.gt)]
    if outlined[0] == outlined[1]:
        if outlined[0]:
            raise DataError(f"neither {pair.pred} nor {pair.gt} says how large the image is; give one as label image.")
        return None
    rows, columns = read_numbers(pair.gt if outlined[0] else pair.pred).numbers.shape
    return rows, columns


def _common_size(pair: Pair, pred_size: float | None, gt_size: float | None) -> float | None:
    if pred_size is None or gt_size is None:
        return gt_size if pred_size is None else pred_size
    if contradiction(pred_size, gt_size):
        raise DataError(
            f"{pair.pred} has {pred_size:.4g} nm per pixel, but {pair.gt} has {gt_size:.4g}; say which is right with "
            "--pixel-size-nm."
        )
    return gt_size
