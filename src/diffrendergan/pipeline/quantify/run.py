"""`quantify`: from scans to tables, label images and figures, one scan in memory at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from diffrendergan.errors import DataError
from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.pipeline.quantify.grey import fitted
from diffrendergan.pipeline.quantify.records import (
    ScanRecord,
    basis,
    discard,
    has_figures,
    kept_record,
    open_results,
    origin,
)
from diffrendergan.pipeline.quantify.scan import quantify_scan
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.pipeline.quantify.together import write_together
from diffrendergan.pipeline.quantify.warnings import warnings_of
from diffrendergan.runs.atomic import explain_os_error, full_disk
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import Unit

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


def quantify_scans(
    paths: Sequence[Path], segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, reporter: Reporter
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

    Raises
    ------
    DataError
        If there is no scan, or if two have the same name.
    RunFolderError
        If `out` holds something else, is in use, or cannot be written.
    """
    _check_names(paths)
    segmenter = fitted(segmenter, paths, settings, reporter)
    shared = basis(segmenter, settings)
    with open_results(out, shared, settings):
        return _quantify_all(paths, segmenter, settings, out, shared, reporter)


def _quantify_all(
    paths: Sequence[Path],
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    out: Path,
    shared: dict[str, Any],
    reporter: Reporter,
) -> QuantifySummary:
    records: list[ScanRecord] = []
    done: dict[str, Done] = {}
    failed: dict[str, str] = {}
    for path in reporter.track(paths, "Quantifying scans", total=len(paths)):
        try:
            record, done[path.stem] = _kept_or_measured(path, segmenter, settings, out, shared, reporter)
        except FAILURES as error:
            if (full := full_disk(error)) is not None:
                raise explain_os_error(full, out) from error
            discard(out, path.stem)
            # Only the sentence is kept: the error itself holds the frames that hold the pixels.
            failed[path.stem] = _reason(error, path)
            reporter.note(f"{path.name} is passed over: {failed[path.stem]}")
            continue
        records.append(record)
    kept, for_figures = ([name for name, how in done.items() if how == wanted] for wanted in ("kept", "for figures"))
    if kept:
        reporter.note(f"{len(kept)} of {len(paths)} scans were measured before and are kept.")
    if for_figures:
        reporter.note(f"{len(for_figures)} of {len(paths)} scans lacked figures, and were measured again to draw them.")
    _note_scales(records, reporter)
    for line in told_remarks((record.name, record.remarks) for record in records):
        reporter.note(line)
    warnings = warnings_of(records)
    pooled = write_together(out, records, failed, warnings, shared, settings)
    return QuantifySummary(out, tuple(records), tuple(kept), failed, pooled, tuple(warnings))


def _kept_or_measured(
    path: Path,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    out: Path,
    shared: dict[str, Any],
    reporter: Reporter,
) -> tuple[ScanRecord, Done]:
    """Return the record of a scan, and whether it is an earlier one or why it was measured."""
    made_from = origin(path, segmenter, shared)
    record = None if settings.force else kept_record(out, path.stem, made_from)
    if record is None:
        discard(out, path.stem)
        return quantify_scan(path, segmenter, settings, out, made_from), "measured"
    if not settings.figures or has_figures(out, record):
        return record, "kept"
    try:
        return quantify_scan(path, segmenter, settings, out, made_from), "for figures"
    except FAILURES as error:
        if full_disk(error) is not None:
            raise
        # Its numbers are whole: only pictures of them were asked for.
        reporter.note(f"The figures of {path.name} are missing: {_reason(error, path)}")
        return record, "kept"


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
    name, number = Counter(path.stem for path in paths).most_common(1)[0]
    if number > 1:
        raise DataError(f"{number} scans have the name {name}; rename all but one.")


def _note_scales(records: Sequence[ScanRecord], reporter: Reporter) -> None:
    unknown = [record.name for record in records if record.unit == "px"]
    if unknown:
        which = "all scans" if len(unknown) == len(records) else f"{len(unknown)} of {len(records)} scans"
        reporter.note(f"The pixel size of {which} is unknown: sizes are in pixels (give it with --pixel-size-nm).")
