"""The particles that a run's first network finds on the held-out scans, measured for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.labels.files import read_numbers
from diffrendergan.micrographs.field import within
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import INDEX, load_scan
from diffrendergan.quantification.particles import Particles, measure_particles
from diffrendergan.quantification.wires.wires import Wires, measure_wires
from diffrendergan.reporting.figures.thickness_figures import ThicknessSpread, thickness_spread
from diffrendergan.reporting.page.results import broken
from diffrendergan.reporting.page.scores import Scores
from diffrendergan.reporting.words import plural
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.sources import load_annotation
from diffrendergan.sizes.units import Scale, scale_of

MOST_SHOWN = 6
"""Pictures are drawn of so many scans; sizes are taken from all."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What the pictures of one scan are drawn from."""

    scan: Micrograph
    labels: NDArray[np.int32]
    """Predicted particles, shape (H, W)."""
    wires: Wires | None
    """None where the project is not about wires."""


@dataclass(frozen=True, eq=False)
class MeasuredScan:
    """The particles of one held-out scan, in pixels."""

    name: str
    scale: Scale
    predicted: Particles
    annotated: Particles | None
    """None where the scan has no annotation."""
    spread: ThicknessSpread | None
    """Local thickness of the wires, in the scale's unit; None where the project is not about wires."""
    picture: Picture | None
    """None for scans that are not shown."""


@dataclass(frozen=True, eq=False)
class Measured:
    """All held-out scans that could be measured."""

    seed: int
    """Of the network."""
    decoding: str
    """How its particles are cut."""
    scans: tuple[MeasuredScan, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why the other scans could not be measured, a sentence each, by name."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Why annotations of measured scans could not be read, in the same way."""
    missing: str | None = None
    """Why no scan could be measured."""

    @property
    def pictures(self) -> list[tuple[MeasuredScan, Picture]]:
        """The scans that are shown."""
        return [(scan, scan.picture) for scan in self.scans if scan.picture is not None]


def measure_predictions(project: Project, folder: Path, scores: Scores | None, reporter: Reporter) -> Measured:
    """Measure what the first network, trained on synthetic images only, found on the held-out scans.

    Scans that have moved away, and so cannot be read, are left out and named; annotations likewise.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder.
    scores : Scores or None
        What `evaluate` found, if it has run.
    reporter : Reporter
        Shows progress.

    Raises
    ------
    RunFolderError
        If a predicted label image is broken or does not fit its scan.
    """
    seed = project.evaluation.seeds[0]
    if scores is None:
        return Measured(seed, "", missing="No scan has been predicted yet: `diffrendergan evaluate` does that.")
    nothing = Measured(seed, scores.decoding)
    paths = _prediction_paths(folder, scores, seed)
    if not paths:
        absent = "The predictions are not there: `diffrendergan evaluate` writes them."
        return replace(nothing, missing=absent if scores.scans else scores.note)
    if not (folder / "prepare" / INDEX).exists():
        return replace(nothing, missing="How to read the scans is not known: `diffrendergan prepare` settles it.")
    found: list[MeasuredScan] = []
    left_out: dict[str, str] = {}
    unread: dict[str, str] = {}
    for name, path in reporter.track(paths.items(), "measure the predictions", len(paths)):
        try:
            scan = load_scan(project, name, folder)
            labels = _read_labels(path, scan)
            true = _annotation(project, scan, unread)
            found.append(_measure(scan, labels, true, project.about_wires, len(found) < MOST_SHOWN))
        except (ConfigError, DataError) as error:
            left_out[name] = str(error)
    missing = None if found else f"No held-out scan can be measured. {in_words(left_out, 'scan')}"
    return replace(nothing, scans=tuple(found), left_out=left_out, unread=unread, missing=missing)


def in_words(reasons: Mapping[str, str], what: str) -> str:
    """Say how many things were left out, and of the first one why; nothing if there is none."""
    if not reasons:
        return ""
    name, reason = next(iter(reasons.items()))
    others = f" and {plural(len(reasons) - 1, 'more')}" if len(reasons) > 1 else ""
    return f"Left out: {what} {name}{others}, since {reason}"


def _prediction_paths(folder: Path, scores: Scores, seed: int) -> dict[str, Path]:
    place = folder / "evaluate" / "predictions" / f"seed_{seed}" / scores.decoding
    return {name: path for name in scores.scans if (path := place / f"{name}.tif").exists()}


def _read_labels(path: Path, scan: Micrograph) -> NDArray[np.int32]:
    try:
        labels, _ = read_numbers(path)
    except DataError as error:
        raise broken(path, "it cannot be read as a label image") from error
    if labels.shape != scan.pixels.shape:
        raise broken(path, f"it has the shape {labels.shape}, its scan {scan.pixels.shape}")
    return labels.astype(np.int32)


def _annotation(project: Project, scan: Micrograph, unread: dict[str, str]) -> NDArray[np.int32] | None:
    try:
        return load_annotation(project, scan)
    except DataError as error:
        unread[scan.name] = str(error)
        return None


def _measure(
    scan: Micrograph, labels: NDArray[np.int32], true: NDArray[np.int32] | None, wiry: bool, shown: bool
) -> MeasuredScan:
    if true is not None:  # it may have been drawn on a scan cropped a little higher: only rows of both are compared
        rows = len(true)
        field = None if scan.field is None else scan.field[:rows]
        labels, scan = labels[:rows], replace(scan, pixels=scan.pixels[:rows], field=field)
        true = within(true, field)
    scale = scale_of(scan.pixel_size_nm)
    wires = measure_wires(labels) if wiry else None
    return MeasuredScan(
        name=scan.name,
        scale=scale,
        predicted=measure_particles(labels, scan.pixels, scan.field),
        annotated=None if true is None else measure_particles(true, scan.pixels, scan.field),
        spread=None if wires is None else thickness_spread(scan.name, wires.thickness, scale),
        picture=Picture(scan, labels, wires) if shown else None,
    )
