"""`quantify`: from scans to tables, label images and figures, one scan in memory at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import Listing
from diffrendergan.image_files.names import scan_name
from diffrendergan.image_files.passing_over import passed_over
from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.pipeline.quantify.grey import fitted
from diffrendergan.pipeline.quantify.readable import refuse_unreadable
from diffrendergan.pipeline.quantify.records import (
    basis,
    discard,
    has_figures,
    kept_record,
    open_results,
    origin,
)
from diffrendergan.pipeline.quantify.scan import quantify_scan
from diffrendergan.pipeline.quantify.settings import JudgedSegmenter, QuantifySettings, ScanSegmenter
from diffrendergan.pipeline.quantify.together import write_together
from diffrendergan.pipeline.quantify.twin import twin_results
from diffrendergan.pipeline.quantify.warnings import warnings_of
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.runs.atomic import explain_os_error, full_disk
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import Unit
from diffrendergan.twins.results import TwinResult

__all__ = ["QuantifySettings", "QuantifySummary", "ScanSegmenter", "quantify_scans"]

FAILURES = (DataError, OSError, MemoryError, RuntimeError)
"""What may befall a single scan, so that the others are measured all the same."""
Done = Literal["kept", "measured", "for figures"]


@dataclass(frozen=True, eq=False)
class QuantifySummary:
    """What was done, without any pixel."""

    out: Path
    records: tuple[ScanRecord, ...]
    """Scans with results, in the order of the paths."""
    kept: tuple[str, ...]
    """Names of those whose earlier results were kept."""
    failed: dict[str, str]
    """Why each scan that could not be used could not, by its name."""
    pooled: dict[Unit, Sizes]
    """Sizes of all particles together, by unit."""
    warnings: tuple[str, ...]
    """What makes results mean less than they seem to, a sentence each."""
    twins: dict[Unit, TwinResult] = field(default_factory=dict)
    """What twins taught, by unit; empty where none were asked for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one scan."""

    name: str
    record: ScanRecord | None
    how: Done | None
    failure: str = ""
    """Why there is no record."""
    note: str = ""
    """What is to be said of it."""


def quantify_scans(
    paths: Sequence[Path],
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    out: Path,
    reporter: Reporter,
    listing: Listing | None = None,
    workers: int = 1,
) -> QuantifySummary:
    """Measure the particles of many scans.

    The results of a scan are written as soon as they are there. Scans whose results are whole, and made from the same
    file with the same segmenter and settings, are kept; those that lack only figures are measured again if figures
    are asked for. A scan that cannot be used is reported and passed over.

    Parameters
    ----------
    paths : sequence of Path
        Scans whose names without ending differ.
    segmenter : ScanSegmenter
        Finds the particles.
    settings : QuantifySettings
    out : Path
        Folder for the results.
    reporter : Reporter
        Shows progress.
    listing : Listing, optional
        What else the folder of the scans holds: files that cannot be read count as failed, and what was passed over
        is said and recorded.
    workers : int
        Processes, each with a scan in memory; the results are the same for any number.

    Raises
    ------
    DataError
        If there is no scan, two have the same name, or none can be read as asked for where earlier results are.
    RunFolderError
        If `out` holds something else, is in use, or cannot be written.
    """
    _check_names(paths)
    refuse_unreadable(paths, segmenter, settings, out)
    segmenter, range_said = fitted(segmenter, paths, settings)
    for line in range_said:
        reporter.note(line)
    shared = basis(segmenter, settings)
    listing = listing or Listing(out, {})
    for remark in listing.remarks:
        reporter.note(remark)
    with open_results(out, shared, settings):
        scan = partial(_outcome, tuple(paths), segmenter, settings, out, shared)
        outcomes = []
        for name, why in listing.failed.items():
            discard(out, name)
            outcomes.append(Outcome(name, None, None, failure=why, note=passed_over(name, why)))
            reporter.note(outcomes[-1].note)
        for outcome in map_indices(scan, range(len(paths)), reporter, "Quantifying scans", workers):
            if outcome.note:
                reporter.note(outcome.note)
            outcomes.append(outcome)
        verdict = segmenter.verdict if isinstance(segmenter, JudgedSegmenter) else ""
        records = [outcome.record for outcome in outcomes if outcome.record is not None]
        files = {scan_name(path): path for path in paths}
        twins = twin_results(out, files, records, segmenter, settings, reporter) if settings.twin else {}
        return _together(
            outcomes, settings, out, shared, reporter, listing, segmenter.doubts, range_said, verdict, twins
        )


def _together(
    outcomes: Sequence[Outcome],
    settings: QuantifySettings,
    out: Path,
    shared: dict[str, Any],
    reporter: Reporter,
    listing: Listing,
    doubts: Sequence[str],
    range_said: Sequence[str],
    verdict: str,
    twins: dict[Unit, TwinResult],
) -> QuantifySummary:
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    failed = {outcome.name: outcome.failure for outcome in outcomes if outcome.record is None}
    kept, for_figures = (
        [outcome.name for outcome in outcomes if outcome.how == wanted] for wanted in ("kept", "for figures")
    )
    if kept:
        reporter.note(f"{len(kept)} of {len(outcomes)} scans were measured before and are kept.")
    if for_figures:
        reporter.note(
            f"{len(for_figures)} of {len(outcomes)} scans lacked figures, and were measured again to draw them."
        )
    if settings.read is None:  # else it was said where the way of reading was settled
        for line in told_remarks((record.name, record.remarks) for record in records):
            reporter.note(line)
    _note_scales(records, settings.pixel_size_option, reporter)
    warnings = [*(doubts if records else ()), *warnings_of(records, settings.min_region_option)]
    pooled = write_together(out, records, failed, warnings, shared, settings, listing.remarks, range_said, verdict,
                            twins)  # fmt: skip
    return QuantifySummary(out, tuple(records), tuple(kept), failed, pooled, tuple(warnings), twins)


def _outcome(
    paths: Sequence[Path],
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    out: Path,
    shared: dict[str, Any],
    index: int,
) -> Outcome:
    return outcome_of(paths[index], segmenter, settings, out, shared)


def outcome_of(
    path: Path, segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, shared: dict[str, Any]
) -> Outcome:
    """Measure one scan, or say why it cannot be; earlier results of the same origin are kept.

    Parameters
    ----------
    path : Path
        The scan.
    segmenter, settings, out
        As of `quantify_scans`; the folder is open (`open_results`).
    shared : dict
        What decides the results of all scans (`basis`).

    Raises
    ------
    RunFolderError
        If results cannot be written.
    """
    try:
        return _kept_or_measured(path, segmenter, settings, out, shared)
    except FAILURES as error:
        if (full := full_disk(error)) is not None:
            raise explain_os_error(full, out) from error
        discard(out, scan_name(path))
        # Only the sentence is kept: the error itself holds the frames that hold the pixels.
        reason = _reason(error, path)
        return Outcome(scan_name(path), None, None, failure=reason, note=passed_over(path.name, reason))


def _kept_or_measured(
    path: Path, segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, shared: dict[str, Any]
) -> Outcome:
    """Return the record of a scan, and whether it is an earlier one or why it was measured."""
    made_from, name = origin(path, segmenter, shared), scan_name(path)
    record = None if settings.force else kept_record(out, name, made_from)
    if record is None:
        discard(out, name)
        return Outcome(name, quantify_scan(path, segmenter, settings, out, made_from), "measured")
    if not settings.figures or has_figures(out, record):
        return Outcome(name, record, "kept")
    try:
        return Outcome(name, quantify_scan(path, segmenter, settings, out, made_from), "for figures")
    except FAILURES as error:
        if full_disk(error) is not None:
            raise
        # Its numbers are whole: only pictures of them were asked for.
        return Outcome(name, record, "kept", note=f"The figures of {path.name} are missing: {_reason(error, path)}")


def _reason(error: Exception, path: Path) -> str:
    """Say in one sentence why a scan could not be used."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or path} cannot be read ({error.strerror or said}); copy it again or remove it."
    if isinstance(error, MemoryError) or "out of memory" in said.lower():
        return f"{path} does not fit in memory ({said}); cut it into smaller scans."
    return f"{path} cannot be measured ({said}); remove it, or report this."


def _check_names(paths: Sequence[Path]) -> None:
    if not paths:
        raise DataError("there is no scan to quantify; name a folder of micrographs, or one file.")
    name, number = Counter(scan_name(path) for path in paths).most_common(1)[0]
    if number > 1:
        raise DataError(f"{number} scans have the name {name}; rename all but one.")


def _note_scales(records: Sequence[ScanRecord], option: str, reporter: Reporter) -> None:
    unknown = [record.name for record in records if record.unit == "px"]
    if unknown:
        which = "all scans" if len(unknown) == len(records) else f"{len(unknown)} of {len(records)} scans"
        reporter.note(f"The pixel size of {which} is unknown: sizes are in pixels (give it with {option}).")
