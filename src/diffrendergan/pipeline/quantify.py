"""`quantify`: from scans to tables, label images and figures, one scan in memory at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.pipeline.quantify_records import ScanRecord, basis, discard, kept_record, origin, prepare_folder
from diffrendergan.pipeline.quantify_scan import quantify_scan
from diffrendergan.pipeline.quantify_settings import QuantifySettings, ScanSegmenter
from diffrendergan.pipeline.quantify_together import write_together
from diffrendergan.quantification.sizes import Sizes
from diffrendergan.quantification.units import Unit
from diffrendergan.runs.reporter import Reporter

__all__ = ["QuantifySettings", "QuantifySummary", "ScanSegmenter", "quantify_scans"]


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


def quantify_scans(
    paths: Sequence[Path], segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, reporter: Reporter
) -> QuantifySummary:
    """Measure the particles of many scans.

    The results of a scan are written as soon as they are there. Scans whose results are whole, and made from the same
    file with the same segmenter and settings, are kept. A scan that cannot be used is reported and passed over.

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
        If `out` holds something else, or cannot be written.
    """
    _check_names(paths)
    shared = basis(segmenter, settings)
    prepare_folder(out, shared, settings.force)
    records: list[ScanRecord] = []
    kept: list[str] = []
    failed: dict[str, str] = {}
    for path in reporter.track(paths, "Quantifying scans", total=len(paths)):
        made_from = origin(path, shared)
        record = None if settings.force else kept_record(out, path.stem, made_from)
        if record is not None:
            kept.append(record.name)
            records.append(record)
            continue
        discard(out, path.stem)
        try:
            records.append(quantify_scan(path, segmenter, settings, out, made_from))
        except DataError as error:
            # Only the sentence is kept: the error itself holds the frames that hold the pixels.
            failed[path.stem] = str(error)
            reporter.note(f"{path.name} is passed over: {error}")
    if kept:
        reporter.note(f"{len(kept)} of {len(paths)} scans were measured before and are kept.")
    _note_scales(records, reporter)
    pooled = write_together(out, records, failed, shared, settings)
    return QuantifySummary(out, tuple(records), tuple(kept), failed, pooled)


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
