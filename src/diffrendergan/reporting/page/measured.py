"""The particles of the held-out scans as the stage `quantify` measured them, read for the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.labels.reading import read_numbers
from diffrendergan.micrographs.field import upper_rows
from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import load_scan
from diffrendergan.quantification.results import (
    ScanRecord,
    read_columns,
    read_failures,
    read_record,
    read_warnings,
)
from diffrendergan.reporting.figures.thickness_figures import ThicknessSpread, thickness_spread
from diffrendergan.reporting.page.results import broken
from diffrendergan.reporting.page.scores import Scores
from diffrendergan.runs.words import plural
from diffrendergan.sizes.bootstrap import Interval
from diffrendergan.sizes.units import Scale, Unit, scale_of
from diffrendergan.twins.results import TwinResult, read_twins

QUANTIFY = "quantify"
PREDICTIONS, ANNOTATIONS = "predictions", "annotations"
"""What was measured, each in a folder of the stage `quantify`."""
MOST_SHOWN = 6
"""Pictures are drawn of so many scans; sizes are taken from all."""


@dataclass(frozen=True)
class Median:
    """Median diameter of the whole particles of one scan."""

    particles: int
    """Those that the border does not cut."""
    value: float
    """Corrected for the border; NaN without any particle."""
    interval: Interval | None
    """95 % interval; None for fewer than two particles."""


@dataclass(frozen=True, eq=False)
class Side:
    """The particles of one scan, predicted or annotated, one entry each in all arrays, shape (k,)."""

    label: NDArray[np.int64]
    area_px: NDArray[np.float64]
    diameter: NDArray[np.float64]
    """In the unit of the scan."""
    border_weight: NDArray[np.float64]
    touches_border: NDArray[np.bool_]
    median: Median

    def __len__(self) -> int:
        return len(self.label)

    @property
    def cut(self) -> NDArray[np.int64]:
        """Labels of the particles that the border cuts, shape (c,)."""
        return self.label[self.touches_border]


@dataclass(frozen=True, eq=False)
class WireMap:
    """The local thickness of the wires of one scan."""

    thickness: NDArray[np.float32]
    """Shape (H, W), in the unit of the scan; 0 outside."""
    crossings_px: NDArray[np.float64]
    """Places where wires cross as x, y, shape (c, 2)."""
    per_px: float
    """Units that a pixel's edge is long."""

    @property
    def thickness_px(self) -> NDArray[np.float32]:
        """The local thickness [px]."""
        return self.thickness / np.float32(self.per_px)


@dataclass(frozen=True, eq=False)
class Picture:
    """What the pictures of one scan are drawn from."""

    scan: Micrograph
    labels: NDArray[np.int32]
    """Predicted particles, shape (H, W)."""
    wires: WireMap | None
    """None where the project is not about wires."""


@dataclass(frozen=True, eq=False)
class MeasuredScan:
    """The particles of one held-out scan."""

    name: str
    scale: Scale
    predicted: Side
    annotated: Side | None
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
    undrawn: Mapping[str, str] = field(default_factory=dict)
    """Why measured scans could not be drawn, in the same way."""
    told: tuple[str, ...] = ()
    """How scans were read where there was a choice, and what makes sizes mean less than they seem to."""
    missing: str | None = None
    """Why no scan could be measured."""
    twins: Mapping[Unit, TwinResult] = field(default_factory=dict)
    """What twins of the scans taught, by unit; empty where none were made."""

    @property
    def pictures(self) -> list[tuple[MeasuredScan, Picture]]:
        """The scans that are shown."""
        return [(scan, scan.picture) for scan in self.scans if scan.picture is not None]


def read_measured(project: Project, folder: Path, scores: Scores | None) -> Measured:
    """Read what the stage `quantify` measured on the held-out scans; nothing is measured here.

    Scans that have moved away since are not drawn, and named.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder.
    scores : Scores or None
        What `evaluate` found, if it has run.

    Raises
    ------
    RunFolderError
        If a file of the stage is broken.
    """
    seed = project.evaluation.seeds[0]
    if scores is None:
        return Measured(seed, "", missing="No scan has been predicted yet: `diffrendergan evaluate` does that.")
    nothing = Measured(seed, scores.decoding)
    if not scores.scans:
        return replace(nothing, missing=scores.note)
    out, truth = folder / QUANTIFY / PREDICTIONS, folder / QUANTIFY / ANNOTATIONS
    left_out = read_failures(out)
    if left_out is None:
        return replace(nothing, missing="The predictions are not measured yet: `diffrendergan quantify` does that.")
    undrawn: dict[str, str] = {}
    found: list[MeasuredScan] = []
    try:
        records = _records(out, scores, left_out)
        for record in records:
            annotation = read_record(truth, record.name)
            true = None if annotation is None else _side(truth, annotation)
            scan = MeasuredScan(
                record.name, _scale(record), _side(out, record), true, thickness_spread(record), picture=None
            )
            shown = sum(one.picture is not None for one in found) < MOST_SHOWN
            found.append(replace(scan, picture=_picture(project, folder, out, record, undrawn)) if shown else scan)
        twins = read_twins(out)
    except (KeyError, TypeError, ValueError, DataError) as error:
        raise broken(out.parent, f"{type(error).__name__}: {error}") from error
    missing = None if found else f"No held-out scan can be measured. {in_words(left_out, 'scan')}"
    unread = {} if missing else (read_failures(truth) or {})
    told = (*told_remarks((record.name, record.remarks) for record in records), *_warnings(out, truth))
    return replace(
        nothing, scans=tuple(found), left_out=left_out, unread=unread, undrawn=undrawn, told=told, missing=missing,
        twins=twins,
    )  # fmt: skip


def _warnings(out: Path, truth: Path) -> list[str]:
    """Return what is to be warned of, of predictions and annotations; what holds for both is said once."""
    predicted, annotated = read_warnings(out), read_warnings(truth)
    of_annotations = [f"Of the annotations, {sentence}" for sentence in annotated if sentence not in predicted]
    return [*predicted, *of_annotations]


def in_words(reasons: Mapping[str, str], what: str) -> str:
    """Say how many things were left out, and of the first one why; nothing if there is none."""
    if not reasons:
        return ""
    name, reason = next(iter(reasons.items()))
    others = f" and {plural(len(reasons) - 1, 'more')}" if len(reasons) > 1 else ""
    return f"Left out: {what} {name}{others}, since {reason}"


def _records(out: Path, scores: Scores, left_out: Mapping[str, str]) -> list[ScanRecord]:
    records = []
    for name in scores.scans:
        record = read_record(out, name)
        if record is not None:
            records.append(record)
        elif name not in left_out:
            raise broken(out, f"the record of the scan {name} is missing")
    return records


def _scale(record: ScanRecord) -> Scale:
    return scale_of(record.row["pixel_size_nm"])


def _side(out: Path, record: ScanRecord) -> Side:
    unit, scale = record.unit, _scale(record)
    area = f"area{scale.ending('area')}"
    label, areas, diameter, weight, cut = read_columns(
        out, record, ("label", area, f"diameter_{unit}", "border_weight", "touches_border")
    )
    value, low, high = (record.row[f"{name}_{unit}"] for name in ("d50", "d50_low", "d50_high"))
    median = Median(
        int(record.row["number_whole"]),
        math.nan if value is None else float(value),
        None if low is None or high is None else Interval(float(low), float(high)),
    )
    # Areas are whole numbers of pixels; their product with the scale need not divide exactly.
    area_px = np.rint(areas / scale.factor("area"))
    return Side(label, area_px, diameter, weight, cut.astype(np.bool_), median)


def _picture(project: Project, folder: Path, out: Path, record: ScanRecord, undrawn: dict[str, str]) -> Picture | None:
    try:
        scan = load_scan(project, record.name, folder)
    except (ConfigError, DataError) as error:
        undrawn[record.name] = str(error)
        return None
    labels = read_numbers(out / "labels" / f"{record.name}.tif").numbers
    wires = None
    if record.thickness is not None:
        crossings = np.array(record.thickness["crossings_px"], np.float64).reshape(-1, 2)
        wires = WireMap(_read_map(out / "thickness" / f"{record.name}.tif"), crossings, _scale(record).per_px)
    return Picture(upper_rows(scan, len(labels)), labels.astype(np.int32), wires)


def _read_map(path: Path) -> NDArray[np.float32]:
    try:
        return np.asarray(tifffile.imread(path), np.float32)
    except (OSError, ValueError) as error:
        raise broken(path, f"{error}") from error
