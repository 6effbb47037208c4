"""Which prediction belongs to which annotation, by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import LABEL_SUFFIXES
from diffrendergan.labels.files import by_scan, label_files


class Way(NamedTuple):
    """One way in which names fit."""

    pred_suffix: str
    gt_suffix: str
    names: list[str]


class Pair(NamedTuple):
    """The files of one scan."""

    name: str
    pred: Path
    gt: Path


@dataclass(frozen=True)
class Pairing:
    """Which prediction belongs to which annotation."""

    pairs: tuple[Pair, ...]
    pred_suffix: str
    gt_suffix: str
    without_annotation: tuple[str, ...]
    """File names of predictions without annotation, sorted."""
    without_prediction: tuple[str, ...]


def pair_folders(pred: Path, gt: Path, pred_suffix: str | None = None, gt_suffix: str | None = None) -> Pairing:
    """Find the annotation of each prediction by its name.

    Parameters
    ----------
    pred, gt
        Folders of label images.
    pred_suffix, gt_suffix
        What stands between the scan's name and the ending; None tries `LABEL_SUFFIXES`.

    Raises
    ------
    DataError
        If a folder is missing or empty, if no names fit, or if they fit in several ways.
    """
    preds, gts = label_files(pred), label_files(gt)
    ways = _distinct_ways(preds, gts, _tried(pred_suffix), _tried(gt_suffix))
    if not ways:
        examples = f"{next(iter(gts.values())).name} and {next(iter(preds.values())).name}"
        raise DataError(
            f"no annotation in {gt} fits a prediction in {pred} by its name (for example {examples}); say what stands "
            "after the scan's name with --gt-suffix and --pred-suffix."
        )
    if len(ways) > 1:
        examples = ", ".join(f"{names[0]}{of_gt} to {names[0]}{of_pred}" for of_pred, of_gt, names in ways[:2])
        raise DataError(
            f"annotations in {gt} fit predictions in {pred} in several ways ({examples}); give --gt-suffix and "
            '--pred-suffix, "" for none.'
        )
    found_pred, found_gt, names = ways[0]
    return Pairing(
        tuple(Pair(name, preds[name + found_pred], gts[name + found_gt]) for name in names),
        found_pred,
        found_gt,
        without_annotation=_others(preds, found_pred, names),
        without_prediction=_others(gts, found_gt, names),
    )


def _tried(suffix: str | None) -> tuple[str, ...]:
    return LABEL_SUFFIXES if suffix is None else (suffix,)


def _distinct_ways(
    preds: Mapping[str, Path], gts: Mapping[str, Path], pred_suffixes: Sequence[str], gt_suffixes: Sequence[str]
) -> list[Way]:
    """Return all ways in which names fit, but those that pair only files that another way pairs too.

    The same files under a shorter scan name, a_m.tif and a_m.tif as files of "a", are no way of their own.
    """
    ways: dict[frozenset[tuple[str, str]], Way] = {}
    for pred_suffix in pred_suffixes:
        for gt_suffix in gt_suffixes:
            names = sorted(by_scan(preds, pred_suffix).keys() & by_scan(gts, gt_suffix).keys())
            files = frozenset((name + pred_suffix, name + gt_suffix) for name in names)
            if names:
                ways.setdefault(files, Way(pred_suffix, gt_suffix, names))
    return [way for files, way in ways.items() if not any(files < others for others in ways)]


def _others(files: Mapping[str, Path], suffix: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the files with this suffix that are no files of these scans."""
    paired = {name + suffix for name in names}
    return tuple(path.name for name, path in files.items() if name.endswith(suffix) and name not in paired)
