"""The annotations of a project's scans (`data.masks`): label images used for evaluation, never for training."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import scans_in
from diffrendergan.labels.files import NoLabelsError, file_of, label_files
from diffrendergan.labels.kinds import Kind
from diffrendergan.labels.label_set import LabelSet, Words, contradiction, open_label_set
from diffrendergan.labels.lying import lies_elsewhere
from diffrendergan.micrographs.field import upper_rows, with_labelled_field, within
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import Reporter

PROJECT_WORDS = Words("data.mask_suffix", "data.mask_kind", "data.data_bar")


def open_annotations(project: Project, scans: Collection[str] = ()) -> LabelSet | None:
    """Open the annotations of a project; None where it names none, or where none fits a scan by its name.

    The folder is looked through once, and again only when a file of it has changed.

    Parameters
    ----------
    project : Project
    scans : collection of str
        Names of scans, beside those in `data.images`, which may have moved away.

    Raises
    ------
    DataError
        If the mask folder is missing, or if its numbers cannot be those of label images.
    """
    data = project.data
    if data.masks is None:
        return None
    if not data.masks.is_dir():
        raise DataError(f"the mask folder {data.masks} does not exist; set data.masks to the folder of annotations.")
    try:
        files = label_files(data.masks)
        stamps = tuple((name, file_of(path).stat().st_mtime_ns) for name, path in files.items())
        names = {*(scans_in(data.images).files if data.images.is_dir() else ()), *scans}
        return _opened(data.masks, tuple(sorted(names)), data.mask_suffix, data.mask_kind, stamps)
    except NoLabelsError:
        return None


def load_annotation(project: Project, scan: Micrograph) -> NDArray[np.int32] | None:
    """Return the annotated particles of a scan within its field, or None where it has no annotation.

    Returns
    -------
    int32 (h, W) or None
        0 background, particles 1..k; h may be a few rows less than the scan has, if the annotation was drawn on a scan
        cropped a little higher.

    Raises
    ------
    DataError
        If the mask folder is missing or the annotation cannot be used.
    """
    annotations = open_annotations(project, [scan.name])
    if annotations is None or not annotations.holds(scan.name):
        return None
    labels = annotations.read(scan.name, scan.pixels.shape).labels
    return within(labels, None if scan.field is None else scan.field[: len(labels)])


def check_annotations(project: Project, scans: Collection[Micrograph], reporter: Reporter) -> None:
    """Read the annotations of test scans: broken ones are found now rather than after hours of training.

    Says which scans have none, what was made of the files, what is doubtful, and where they contradict the scans.

    Raises
    ------
    DataError
        If one cannot be used.
    """
    if project.data.masks is None:
        return
    annotations, missing = open_annotations(project, [scan.name for scan in scans]), []
    for scan in scans:
        if annotations is None or not annotations.holds(scan.name):
            missing.append(scan.name)
            continue
        for doubt in annotation_doubts(annotations, scan):
            reporter.note(doubt)
    if missing:
        reporter.note(
            f"{len(missing)} of {len(scans)} test scans have no annotation in {project.data.masks}: "
            f"{', '.join(missing)}."
        )
    if annotations is not None:
        annotations.say(reporter)


def annotation_doubts(annotations: LabelSet, scan: Micrograph) -> list[str]:
    """Return where the annotation of a scan contradicts it, a sentence each; none where it has no annotation.

    Raises
    ------
    DataError
        If the annotation cannot be used.
    """
    if not annotations.holds(scan.name):
        return []
    path, doubts = annotations.path(scan.name), []
    labels, size_nm, *_ = annotations.read(scan.name, scan.pixels.shape)
    if with_labelled_field(upper_rows(scan, len(labels)), labels)[1]:
        doubts.append(
            f"{path} annotates particles where its scan has one constant value along its border: no part of the field, "
            "and left out of scores and sizes; check that it belongs to the scan."
        )
    cropped = upper_rows(scan, len(labels))
    if elsewhere := lies_elsewhere(labels, cropped.pixels, cropped.field):
        doubts.append(f"Of {path}, {elsewhere}.")
    if contradiction(size_nm, scan.pixel_size_nm):
        doubts.append(
            f"{path} says {size_nm:.4g} nm per pixel, but its scan {scan.pixel_size_nm:.4g}; sizes are taken from the "
            "scan (set data.pixel_size_nm if that is wrong)."
        )
    return doubts


def masks_beside(images: Path, scans: Collection[str], reporter: Reporter) -> LabelSet | None:
    """Open the annotations in a folder `masks` beside that of the scans, and say what is to be said of them.

    Returns
    -------
    LabelSet or None
        None where there is no such folder, or where what is in it cannot be annotations of the scans, which is said:
        the scans are of use without them.
    """
    folder = images.absolute().parent / "masks"
    if not folder.is_dir() or folder == images.absolute():
        return None
    try:
        found = open_label_set(folder, scans, None, "auto", PROJECT_WORDS, reporter)
    except DataError as error:
        reporter.note(f"The folder {folder} is not taken for annotations: {error}")
        return None
    found.say(reporter)
    for reason in list(found.failures.values())[:1]:
        more = f" ({len(found.failures) - 1} more cannot be used either)" if len(found.failures) > 1 else ""
        reporter.note(f"A label image cannot be used: {reason}{more}")
    return found


@lru_cache(maxsize=8)
def _opened(
    folder: Path,
    scans: tuple[str, ...],
    suffix: str | None,
    kind: Kind | Literal["auto"],
    stamps: tuple[tuple[str, int], ...],
) -> LabelSet:
    """Open label images whose names and times are `stamps`."""
    return open_label_set(folder, scans, suffix, kind, PROJECT_WORDS)
