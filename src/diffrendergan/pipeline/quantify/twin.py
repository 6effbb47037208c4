"""`quantify --twin`: twins of the scans that were measured, and figures corrected by what is found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.regions import numbered
from diffrendergan.pipeline.quantify.repeating import Repeating, read_part
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.quantification.tables import Column, make_table, write_table
from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.twin_figures import twin_figure
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.provenance import plain, token
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.units import Unit, scale_of
from diffrendergan.twins.intervals import found_scan
from diffrendergan.twins.results import Corrected, TwinResult, result_of
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.sample import SourceScan, fullest_part
from diffrendergan.twins.study import Study, study

TWIN = "twin"
"""Folder of the results, and the word that the names of its files begin with."""
FORMAT = 1
"""Raised when results of an older program must not be used."""


def twin_results(
    out: Path,
    paths: Mapping[str, Path],
    records: Sequence[ScanRecord],
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    reporter: Reporter,
) -> dict[Unit, TwinResult]:
    """Make twins of all scans of a unit together, or return what is kept of them.

    Parameters
    ----------
    out : Path
        Folder of the results, with the label images of the scans.
    paths : mapping
        The files of the scans, by their names.
    records : sequence of ScanRecord
    segmenter : ScanSegmenter
    settings : QuantifySettings
    reporter : Reporter

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    units: list[Unit] = [unit for unit in ("nm", "px") if any(record.unit == unit for record in records)]
    results = {}
    for unit in units:
        group = [record for record in records if record.unit == unit]
        ending = "-px" if unit == "px" and len(units) > 1 else ""
        results[unit] = _kept_or_made(out, ending, paths, group, unit, segmenter, settings, reporter)
        if results[unit].why_not:
            reporter.note(results[unit].why_not)
    return results


def _kept_or_made(
    out: Path,
    ending: str,
    paths: Mapping[str, Path],
    group: Sequence[ScanRecord],
    unit: Unit,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    reporter: Reporter,
) -> TwinResult:
    """Return the results of an earlier command if all that they depend on is the same."""
    stamp = token(FORMAT, plain(asdict(RULES)), [record.made_from for record in group], settings.seed)
    path, figure = out / TWIN / f"{TWIN}{ending}.json", out / "figures" / f"{TWIN}{ending}.png"
    kept = None if settings.force else _kept(path, stamp)
    if kept is not None and (kept.why_not or not settings.figures or figure.is_file()):
        return kept
    try:
        made = _studied(out, paths, group, segmenter, settings, reporter)
        result = result_of(made, scale_of(group[0].row["pixel_size_nm"]))
    except DataError as error:
        made, result = None, TwinResult(unit, why_not=str(error))
    write_tables_of(out, ending, result)
    if settings.figures and made is not None:
        write_figure(out / "figures", f"{TWIN}{ending}", twin_figure(made, result))
    # Last: it makes the others count.
    write_json(path, {"stamp": stamp, **result.to_json()})
    return result


def _kept(path: Path, stamp: str) -> TwinResult | None:
    try:
        values: dict[str, Any] = read_json(path)
        return TwinResult.from_json(values) if values["stamp"] == stamp else None
    except (RunFolderError, TypeError, KeyError):
        return None


def _studied(
    out: Path,
    paths: Mapping[str, Path],
    group: Sequence[ScanRecord],
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    reporter: Reporter,
) -> Study:
    """Read the scans again, and study twins of them.

    Raises
    ------
    DataError
        If there cannot be twins, in one sentence.
    """
    if "labels" in segmenter.describe():
        raise DataError("label images cannot look at twins, only a network can; so nothing is corrected.")
    _check(group)
    whole = [place for place, record in enumerate(group) if record.row["number_whole"] >= RULES.least_in_source]
    if not whole:
        raise DataError("no scan shows enough whole particles to learn its look from; so nothing is corrected.")
    chosen = np.unique(np.linspace(0, len(whole) - 1, min(len(whole), RULES.most_sources)).round().astype(int))
    found, sources, files = [], [], []
    for place, record in enumerate(group):
        labels = read_numbers(out / "labels" / f"{record.name}.tif").numbers.astype(np.int32)
        found.append(found_scan(labels))
        if place in {whole[number] for number in chosen}:
            files.append((paths[record.name], labels.shape[0]))
            scan = read_part(*files[-1], segmenter, settings)
            part = fullest_part(labels, (RULES.most_source_px, RULES.most_source_px))
            sources.append(SourceScan(record.name, scan.pixels[part].copy(), numbered(labels[part])))
    return study(found, sources, Repeating(tuple(files), segmenter, settings), settings.seed, reporter)


def _check(group: Sequence[ScanRecord]) -> None:
    if any(record.thickness is not None for record in group):
        raise DataError("wires have no twins: only particles are laid into them; so nothing is corrected.")
    if any(record.row["field_px"] != record.row["width_px"] * record.row["height_px"] for record in group):
        raise DataError("scans that are not recorded as a whole have no twins yet; so nothing is corrected.")
    sizes = [record.row["pixel_size_nm"] or 1.0 for record in group]
    if max(sizes) > (1 + RULES.same_scale) * min(sizes):
        raise DataError(
            f"the scans have pixels of {min(sizes):.4g} to {max(sizes):.4g} nm, and what is missed goes by pixels; "
            "quantify those of one magnification apart to have them corrected."
        )


def write_tables_of(out: Path, ending: str, result: TwinResult) -> None:
    """Write `twin.csv`, `twin-bins.csv` and `twin-fates.csv`, each also as Parquet; without twins, none is left."""
    folder, scale = out / TWIN, scale_of(None if result.unit == "px" else 1.0)
    tables = {
        TWIN: _table((Column("figure", "none", "as in scans.csv, of all scans together", pa.string()),),
                     [{"figure": row.name} for row in result.figures], list(result.figures), scale),
        f"{TWIN}-bins": _table((Column("above", "length", "diameters from"), Column("below", "length", "diameters to")),
                               [{"above": each.above, "below": each.below} for each in result.bins],
                               [each.share for each in result.bins], scale),
    }  # fmt: skip
    for name, table in tables.items():
        write_table(folder, f"{name}{ending}", table)
    write_table(folder, f"{TWIN}-fates{ending}",
                make_table(FATE_COLUMNS, {column.stem: [getattr(row, column.stem) for row in result.fates]
                                          for column in FATE_COLUMNS}, scale))  # fmt: skip


FATE_COLUMNS = (
    Column("diameter", "length", "of particles"),
    Column("missed", "none", "share of them that is not found"),
    Column("alone", "none", "share that is found as one particle"),
    Column("merged", "none", "share that is found as one particle with others"),
    Column("split", "none", "share that is found as several"),
    Column("size_factor", "none", "found over true diameter of those found as one"),
)
VALUE_COLUMNS = (
    Column("found", "none", "as measured"),
    Column("corrected", "none", "corrected by what twins teach; missing where they are not like the scans"),
    Column("bias", "none", "too high by: a fraction of the corrected figure; of shares and coverage the difference"),
    Column("low", "none", "lower bound of the 95 % interval for the sample"),
    Column("high", "none", "upper bound"),
    Column("here_low", "none", "lower bound of the 95 % interval for what these scans show"),
    Column("here_high", "none", "upper bound"),
)


def _table(
    named: tuple[Column, ...], names: Sequence[Mapping[str, Any]], rows: Sequence[Corrected], scale: Any
) -> pa.Table:
    columns = (*named, *VALUE_COLUMNS)
    values: dict[str, list[Any]] = {column.stem: [name[column.stem] for name in names] for column in named}
    values |= {column.stem: [getattr(row, column.stem) for row in rows] for column in VALUE_COLUMNS}
    return make_table(columns, values, scale)
