"""What is known of all scans that have arrived: sizes by sample, and the course of the instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.pipeline.watch.chart import Chart, Usual, chart, usual_of
from diffrendergan.pipeline.watch.instrument import FIGURES
from diffrendergan.pipeline.watch.ledger import Entry
from diffrendergan.pipeline.watch.rules import WATCH_RULES, WatchRules
from diffrendergan.quantification.results import ScanRecord, read_columns, read_record
from diffrendergan.quantification.together import doubts_together
from diffrendergan.sizes.comparing import Difference, Sample, difference, pairs_of
from diffrendergan.sizes.units import Unit

Values = NDArray[np.float64]
TRAINING, FIRST = "the training scans", "the first scans that arrived"


@dataclass(frozen=True, eq=False)
class SeenScan:
    """A scan that was measured."""

    entry: Entry
    record: ScanRecord
    diameters: Values
    weights: Values


@dataclass
class Shelf:
    """Scans that were measured, kept by their file, so that only new ones are read."""

    out: Path
    _scans: dict[str, SeenScan] = field(default_factory=dict)

    def take(self, entry: Entry) -> SeenScan | None:
        """Return the results of an entry; None where there are none."""
        known = self._scans.get(entry.file)
        if known is not None and known.entry is entry:
            return known
        folder = self.out / "samples" / entry.sample
        record = None if entry.failure else read_record(folder, entry.scan)
        if record is None:
            return None
        sizes = read_columns(folder, record, (f"diameter_{record.unit}", "border_weight"))
        self._scans[entry.file] = SeenScan(entry, record, *sizes)
        return self._scans[entry.file]


@dataclass(frozen=True, eq=False)
class Overview:
    """All that is to be shown."""

    scans: tuple[SeenScan, ...]
    """In the order of arrival."""
    failed: tuple[Entry, ...]
    samples: dict[Unit, list[Sample]]
    differences: dict[Unit, list[Difference]]
    charts: tuple[Chart, ...]
    compared_with: str
    """Whose figures are the usual ones."""
    doubts: tuple[str, ...] = ()
    """What makes sizes mean less than they seem to, a sentence each."""

    @property
    def drifts(self) -> list[str]:
        """What has changed of the instrument and not come back, a sentence each."""
        return [_drift(one, self.scans, self.compared_with) for one in self.charts if one.since is not None]


def overview(
    scans: Sequence[SeenScan],
    failed: Sequence[Entry],
    trained: Sequence[dict[str, float]],
    reference: str | None,
    draws: int,
    before: Overview | None = None,
    doubts: Sequence[str] = (),
    rules: WatchRules = WATCH_RULES,
) -> Overview:
    """Compare samples, and the instrument with what it was.

    Parameters
    ----------
    scans : sequence of SeenScan
        In the order of arrival.
    failed : sequence of Entry
    trained : sequence of dict
        Figures of the network's training scans; what they lack is compared with the first scans.
    reference : str or None
        The sample that the others are compared with.
    draws : int
        For intervals.
    before : Overview, optional
        An earlier one, of which samples that have not grown are taken.
    doubts : sequence of str
        What is doubtful of what finds the particles.
    rules : WatchRules
    """
    units: list[Unit] = [unit for unit in ("nm", "px") if any(scan.record.unit == unit for scan in scans)]
    samples = {
        unit: _samples([scan for scan in scans if scan.record.unit == unit], draws, before, unit) for unit in units
    }
    differences: dict[Unit, list[Difference]] = {}
    for unit, group in samples.items():
        known = {sample.name: sample for sample in group if sample.number}
        against = reference if reference in known else None
        pairs = pairs_of(list(known), against, rules.most_pairs)
        found = (difference(known[first], known[second]) for first, second in pairs)
        differences[unit] = [one for one in found if one is not None]
    rows = [scan.entry.figures for scan in scans]
    first, usual = usual_of(rows[: rules.first_scans], rules), usual_of(trained, rules)
    known_usual: dict[str, Usual] = first | usual if len(rows) > rules.first_scans else usual
    charts = tuple(
        chart(name, known_usual[name], np.array([row.get(name, np.nan) for row in rows]), rules)
        for name in FIGURES
        if name in known_usual
    )
    compared_with = TRAINING if usual else FIRST
    said = (*doubts, *_doubts(scans)) if scans else ()
    return Overview(tuple(scans), tuple(failed), samples, differences, charts, compared_with, said)


def _doubts(scans: Sequence[SeenScan]) -> list[str]:
    """Return the doubts of all scans, which are named with their samples."""
    named = [replace(scan.record, name=f"{scan.entry.sample}, {scan.record.name}") for scan in scans]
    return [*told_remarks((record.name, record.doubts) for record in named), *doubts_together(named)]


def _samples(scans: Sequence[SeenScan], draws: int, before: Overview | None, unit: Unit) -> list[Sample]:
    groups: dict[str, list[SeenScan]] = {}
    for scan in scans:
        groups.setdefault(scan.entry.sample, []).append(scan)
    known = {} if before is None else {sample.name: sample for sample in before.samples.get(unit, ())}
    return [_sample(name, group, draws, known.get(name)) for name, group in groups.items()]


def _sample(name: str, scans: Sequence[SeenScan], draws: int, before: Sample | None) -> Sample:
    """Return a sample, which is the earlier one, with all that is known of it, if it holds the same scans."""
    if before is not None and list(map(id, before.diameters)) == [id(scan.diameters) for scan in scans]:
        return before
    return Sample(name, tuple(scan.diameters for scan in scans), tuple(scan.weights for scan in scans), draws)


def _drift(one: Chart, scans: Sequence[SeenScan], compared_with: str) -> str:
    since = scans[one.since or 0].entry
    against = FIRST if one.figure == "surety" else compared_with
    change = one.running[-1] - one.usual.mean
    absolute = one.figure.startswith("grey") or one.figure == "surety"
    by = f"by {change:+.2f}" if absolute else f"to {100 * np.exp(change):.0f} %"
    return (
        f"{FIGURES[one.figure]} drifts away from {against} ({by}) since {since.scan} of {since.sample}: check the "
        "instrument and its settings, or train on scans like these; what was measured since may be biased"
    )
