"""Which prediction belongs to which annotation, by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import LABEL_FORMS, by_scan, nfc, scan_name, spelled
from diffrendergan.labels.files import label_files


class Way(NamedTuple):
    """One way in which names fit."""

    pred_suffix: str
    gt_suffix: str
    files: dict[str, tuple[Path, Path]]
    """Prediction and annotation by the names of the scans."""


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
        What stands between the scan's name and the ending; None tries `names.LABEL_FORMS`.

    Raises
    ------
    DataError
        If a folder is missing or empty, if no names fit, or if they fit in several ways.
    """
    preds, gts = label_files(pred), label_files(gt)
    ways = _distinct_ways(_fitting(preds, pred_suffix), _fitting(gts, gt_suffix))
    if not ways:
        examples = f"{next(iter(gts.values())).name} and {next(iter(preds.values())).name}"
        raise DataError(
            f"no annotation in {gt} fits a prediction in {pred} by its name (for example {examples}); say what stands "
            "after the scan's name with --gt-suffix and --pred-suffix."
        )
    if len(ways) > 1:
        examples = ", ".join(f"{gt.name} to {pred.name}" for pred, gt in (min(way.files.values()) for way in ways[:2]))
        raise DataError(
            f"annotations in {gt} fit predictions in {pred} in several ways ({examples}); give --gt-suffix and "
            '--pred-suffix, "" for none.'
        )
    way = ways[0]
    return Pairing(
        tuple(Pair(name, *way.files[name]) for name in sorted(way.files)),
        spelled(way.pred_suffix, [scan_name(pred) for pred, _ in way.files.values()]),
        spelled(way.gt_suffix, [scan_name(gt) for _, gt in way.files.values()]),
        without_annotation=_others(preds, way.pred_suffix, [pred for pred, _ in way.files.values()]),
        without_prediction=_others(gts, way.gt_suffix, [gt for _, gt in way.files.values()]),
    )


def _fitting(files: Mapping[str, Path], suffix: str | None) -> dict[str, dict[str, Path]]:
    """Return the files that have a suffix, by the names of their scans, for each suffix that is tried."""
    tried = LABEL_FORMS if suffix is None else (nfc(suffix),)
    found = {form: by_scan(files, form, given=suffix is not None) for form in tried}
    return {form: named for form, named in found.items() if named}


def _distinct_ways(predicted: Mapping[str, dict[str, Path]], annotated: Mapping[str, dict[str, Path]]) -> list[Way]:
    """Return all ways in which names fit, but those that pair only files that another way pairs too.

    The same files under a shorter scan name, a_m.tif and a_m.tif as files of "a", are no way of their own.
    """
    ways: dict[frozenset[tuple[Path, Path]], Way] = {}
    for pred_suffix, preds in predicted.items():
        for gt_suffix, gts in annotated.items():
            found = by_scan(preds, "", gts)
            files = {name: (found[name], gts[name]) for name in sorted(found.keys() & gts.keys())}
            if files:
                ways.setdefault(frozenset(files.values()), Way(pred_suffix, gt_suffix, files))
    return [way for files, way in ways.items() if not any(files < others for others in ways)]


def _others(files: Mapping[str, Path], suffix: str, paired: Sequence[Path]) -> tuple[str, ...]:
    """Return the files with this suffix that are no files of these scans."""
    return tuple(path.name for path in by_scan(files, suffix, given=True).values() if path not in paired)
