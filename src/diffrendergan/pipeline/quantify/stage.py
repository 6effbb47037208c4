"""The stage `quantify`: the particles that `evaluate` found on the held-out scans, and the annotated ones, measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.evaluation.kept_predictions import layers_file
from diffrendergan.image_files.names import scan_name
from diffrendergan.labels.annotations import load_annotation
from diffrendergan.labels.layer_files import read_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.reading import read_numbers
from diffrendergan.micrographs.rules import ReadingRules, rules_of
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import held_out_files, load_grey, load_scan
from diffrendergan.pipeline.quantify.repeating import repeat_by
from diffrendergan.pipeline.quantify.run import quantify_scans
from diffrendergan.pipeline.quantify.settings import QuantifySettings, Repeat, Structure
from diffrendergan.quantification.results import ScanRecord, record_path
from diffrendergan.reporting.page.measured import ANNOTATIONS, PREDICTIONS, QUANTIFY
from diffrendergan.reporting.page.results import broken
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.trained import load_trained


@dataclass(frozen=True)
class OfProject:
    """How the scans of a project are read."""

    structure: Structure
    rules: ReadingRules

    @property
    def grey(self) -> None:
        """Nothing: how their grey values are read is settled."""
        return

    @property
    def doubts(self) -> tuple[str, ...]:
        """Nothing that the stages before have not said."""
        return ()


@dataclass(frozen=True)
class Annotated(OfProject):
    """The annotations of a project, in place of a network."""

    project: Project

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the annotated particles of a scan (h, W), h at most its height.

        Raises
        ------
        DataError
            If there is none, or it cannot be used.
        """
        labels = load_annotation(self.project, scan)
        if labels is None:
            raise DataError(f"the annotation of {scan.name} is not in {self.project.data.masks} any more; put it back.")
        return labels

    def describe(self) -> dict[str, Any]:
        """Return where they lie, and how they are read, as values for JSON."""
        data = self.project.data
        return {"labels": str(data.masks), "suffix": data.mask_suffix, "kind": data.mask_kind}

    def files(self, name: str) -> tuple[Path, ...]:
        """Return no file: a changed annotation is a changed input of `evaluate`, and the stage starts anew."""
        return ()


@dataclass(frozen=True)
class Predicted(OfProject):
    """Predictions that `evaluate` has kept, in place of the network that made them."""

    folder: Path
    """Holds NAME.tif."""
    run: Path
    """Holds the network."""
    annotations: Path
    """Results of the annotations."""
    annotated_rows: Mapping[str, int]
    """Rows of the measured annotations, by scan: only rows of both are compared."""
    described: Mapping[str, Any]

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the predicted particles of a scan (h, W), as far down as it is annotated.

        Raises
        ------
        RunFolderError
            If the prediction is missing or broken, or does not fit the scan.
        """
        path = self._path(scan.name)
        try:
            labels = read_numbers(path).numbers
        except DataError as error:
            raise broken(path, "it cannot be read as a label image") from error
        if labels.shape != scan.pixels.shape:
            raise broken(path, f"it has the shape {labels.shape}, its scan {scan.pixels.shape}")
        return labels[: self.annotated_rows.get(scan.name)].astype(np.int32)

    def segment_whole(self, scan: Micrograph) -> tuple[NDArray[np.int32], Layers | None]:
        """Return the same, and the whole particles, where `evaluate` has kept them.

        Raises
        ------
        RunFolderError
            As `segment`, or if the whole particles are broken or do not fit the scan.
        """
        labels, path = self.segment(scan), layers_file(self.folder, scan.name)
        if not path.is_file():
            return labels, None
        try:
            layers = read_layers(path)
        except DataError as error:
            raise broken(path, "it cannot be read as a COCO file") from error
        if layers.shape != scan.pixels.shape:
            raise broken(path, f"it has the shape {layers.shape}, its scan {scan.pixels.shape}")
        return labels, layers

    def segment_and_repeat(self, scan: Micrograph) -> tuple[NDArray[np.int32], Repeat]:
        """Return the predicted particles of a scan, and what finds those of further images: the network itself.

        Raises
        ------
        RunFolderError
            As `segment`, or if the run holds no network.
        """
        network = load_trained(self.run, self.described["seed"], self.described["decoding"])
        return self.segment(scan), repeat_by(network.segment, scan)

    def describe(self) -> dict[str, Any]:
        """Return seed and decoding, as values for JSON."""
        return dict(self.described)

    def files(self, name: str) -> tuple[Path, ...]:
        """Return the prediction of a scan, also of whole particles, and the record of its annotation.

        Raises
        ------
        RunFolderError
            If the prediction is missing.
        """
        path, record = self._path(name), record_path(self.annotations, name)
        if not path.is_file():
            raise broken(path, "it is missing")
        layers = [file for file in (layers_file(self.folder, name),) if file.is_file()]
        return (path, *layers, record) if name in self.annotated_rows else (path, *layers)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.tif"


def run_quantify(project: Project, folder: Path, reporter: Reporter) -> None:
    """Measure what the first network, trained on synthetic images only, found on the held-out scans.

    In `quantify`: `predictions` and, where scans are annotated, `annotations`, each with all files that the command
    `quantify` writes but figures, which the report draws. Particles are cut as in the headline of the scores. A scan
    that cannot be measured is passed over and named; predictions are measured on the rows that are annotated. With
    `evaluation.twins` their figures are corrected by twins of the scans, too.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : Path
        The run folder, with the stages `prepare` and `evaluate` done.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    RunFolderError
        If a predicted label image is missing or broken or does not fit its scan, or a file cannot be written.
    """
    scores = read_scores(folder)
    if scores is None:
        raise RunFolderError(f"{folder} holds no predictions to measure; run `diffrendergan evaluate` first.")
    if not scores.scans:
        reporter.note(f"no particles are measured: {scores.note}")
        return
    place, seed, workers = folder / QUANTIFY, project.evaluation.seeds[0], project.compute.workers
    files = held_out_files(project, folder)
    structure: Structure = "wires" if project.about_wires else "particles"
    data = project.data
    rules = rules_of(project, load_grey(folder, data.foreground).stretch)
    settings = QuantifySettings(
        seed=project.seed,
        figures=False,
        images=data.images,
        read=partial(read_held_out, project, folder),
        pixel_size_option="`data.pixel_size_nm`",
        min_region_option="`evaluation.min_region_px`",
    )
    rows: dict[str, int] = {}
    annotated = [files[name] for name in scores.scans if name in scores.particles]
    if annotated and data.masks is not None:
        # Only sizes are compared: wires would be traced for nothing.
        truth = Annotated("particles", rules, project)
        drawn = replace(settings, min_region_option=None)
        made = quantify_scans(annotated, truth, drawn, place / ANNOTATIONS, reporter, workers=workers)
        for sentence in made.warnings:
            reporter.note(f"warning: of the annotations, {sentence}")
        rows = {record.name: _rows(record) for record in made.records}
    predictions = Predicted(
        structure,
        rules,
        folder / "evaluate" / "predictions" / f"seed_{seed}" / scores.decoding,
        folder,
        place / ANNOTATIONS,
        rows,
        {"seed": seed, "trained_on": "synthetic", "decoding": scores.decoding},
    )
    held_out = [files[name] for name in scores.scans]
    chosen = replace(settings, twin=project.evaluation.twins)
    made = quantify_scans(held_out, predictions, chosen, place / PREDICTIONS, reporter, workers=workers)
    for sentence in made.warnings:
        reporter.note(f"warning: {sentence}")
    reporter.note(f"measured: {place / PREDICTIONS}")


def read_held_out(project: Project, folder: Path, path: Path) -> Micrograph:
    """Read a held-out scan as `prepare` settled and `evaluate` read it."""
    return load_scan(project, scan_name(path), folder)


def _rows(record: ScanRecord) -> int:
    return int(record.row["height_px"])
