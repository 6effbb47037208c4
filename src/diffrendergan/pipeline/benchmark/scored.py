"""The scores of rows for which nothing is trained, scan by scan; those of networks are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.evaluation.held_out import HeldOutScan, scan_overlay, score_labels, truth_of
from diffrendergan.evaluation.scoring import Row
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.passing_over import usable
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.annotations import annotation_doubts, load_annotation, open_annotations
from diffrendergan.micrographs.common_range import measurable_stretch
from diffrendergan.micrographs.rules import rules_of
from diffrendergan.micrographs.scans import open_scan, read_scan
from diffrendergan.pipeline.benchmark.given import Finder, finders, key_of
from diffrendergan.pipeline.benchmark.kept import keep_scores, kept_scores
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
from diffrendergan.runs.reporter import Reporter, SilentReporter

GIVEN = "given"
"""Folder of their overlays and scores, beside those of the splits."""


class Given(NamedTuple):
    """What came of the rows for which nothing is trained."""

    rows: list[Row]
    remarks: tuple[str, ...]
    """What is to be said of them, a sentence each."""


def given_rows(settings: BenchmarkSettings, names: Sequence[str], reporter: Reporter) -> Given:
    """Score all rows for which nothing is trained on scans of these names, with one scan in memory at a time.

    Writes `given/<row>/overlays/<scan>.png` (of several seeds `given/<row>/seed_<s>/...`), and for networks what was
    scored, so that it is not done again.

    Raises
    ------
    UserError
        If a row cannot be had; see `given.finders`.
    DataError
        If an annotation, or label images of another program, cannot be used or are of another size.
    """
    project = settings.base()
    chosen = [finder for source in settings.given for finder in finders(settings, source, names, reporter)]
    remarks = tuple(dict.fromkeys(sentence for finder in chosen for sentence in finder.remarks))
    for sentence in remarks:
        reporter.note(sentence)
    rows: dict[int, list[Row]] = {number: [] for number in range(len(chosen))}
    wanted = [name for name in names if any(name in finder.scans for finder in chosen)]
    for scan in _scans(project, wanted, reporter) if wanted else ():
        truth = truth_of(scan)
        for number, finder in enumerate(chosen):
            if scan.name in finder.scans:
                rows[number] += _of_scan(settings.out / GIVEN, project, finder, scan, truth)
    return Given([row for found in rows.values() for row in found], remarks)


def _scans(project: Project, names: Sequence[str], reporter: Reporter) -> Iterator[HeldOutScan]:
    files = list_scans(project.data.images).files
    paths = [files[name] for name in names]
    rules = rules_of(project)
    stretch, said = measurable_stretch(usable(paths, partial(open_scan, rules=rules), SilentReporter(), ""))
    for sentence in said:
        reporter.note(sentence)
    annotations = open_annotations(project, names)
    read = partial(read_scan, rules=rules_of(project, stretch))
    for scan in usable(paths, read, reporter, "Scoring what needs no training"):
        true = load_annotation(project, scan)
        if true is None or annotations is None:
            raise DataError(f"{project.data.masks} holds no annotation of {scan.name} any more; start again.")
        for doubt in annotation_doubts(annotations, scan):
            reporter.note(doubt)
        yield HeldOutScan(scan, true)


def _of_scan(out: Path, project: Project, finder: Finder, scan: HeldOutScan, truth: list[Any]) -> list[Row]:
    """Return the scores of a row on a scan: those that were kept, if they are of the same."""
    place = out / finder.method / ("" if finder.seed is None else f"seed_{finder.seed}")
    file, key = place / "scores" / f"{scan.name}.json", key_of(finder, project)
    made_with = json.loads(json.dumps({"by": key, "scan": truth}))
    if key is not None and (kept := kept_scores(file, made_with)) is not None:
        return kept
    found = finder.find(scan.micrograph)
    rows = score_labels(finder.method, finder.seed, scan, found)
    shown = found.get(project.evaluation.decoding, next(iter(found.values())))
    write_png(place / "overlays" / f"{scan.name}.png", scan_overlay(scan, shown))
    if key is not None:
        keep_scores(file, made_with, rows)
    return rows
