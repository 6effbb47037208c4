"""All scans together: combined tables, pooled sizes, figures, summary."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.listing import is_one_scan
from diffrendergan.pipeline.quantify.balls import BALLS, write_balls
from diffrendergan.pipeline.quantify.review import PAGE, REVIEW, write_review
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.quantification.results import SUMMARY, ScanRecord, pool, read_columns
from diffrendergan.quantification.scan_table import SCAN_COLUMNS, SIZE_COLUMNS, WIRE_COLUMNS, row_table
from diffrendergan.quantification.tables import read_table, write_tables
from diffrendergan.quantification.whole import SCAN_COLUMNS as WHOLE_COLUMNS
from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.size_figures import size_histogram
from diffrendergan.reporting.figures.thickness_figures import thickness_distributions, thickness_spread
from diffrendergan.reporting.sheet.gathering import DATASHEET, About, found_by, is_packaged, write_sheet
from diffrendergan.runs.atomic import explain_os_error, read_json, write_json
from diffrendergan.sizes.fits import PREFERRED_RULE
from diffrendergan.sizes.sizes import Sizes, Values
from diffrendergan.sizes.units import Scale, Unit
from diffrendergan.twins.results import TwinResult

TABLES = ("scans", "particles", "wires", BALLS)
FIGURES = ("sizes", "whole_sizes", "thickness")
_COUNTS = ("number_covered",)


def write_together(
    out: Path,
    records: Sequence[ScanRecord],
    failed: Mapping[str, str],
    warnings: Sequence[str],
    shared: dict[str, Any],
    settings: QuantifySettings,
    passed_over: Sequence[str] = (),
    range_said: Sequence[str] = (),
    verdict: str = "",
    twins: Mapping[Unit, TwinResult] = MappingProxyType({}),
) -> dict[Unit, Sizes]:
    """Write what concerns all scans.

    Scans with and without scale are never put into one table: where both occur, the names of the files of those
    without end with `-px`. Where no figures are asked for, earlier ones stay if all numbers are what they were.

    Returns
    -------
    dict
        The sizes of all particles together, by unit.
    """
    units: list[Unit] = [unit for unit in ("nm", "px") if any(record.unit == unit for record in records)]
    groups = {unit: [record for record in records if record.unit == unit] for unit in units}
    sizes = {unit: _diameters(out, group, unit) for unit, group in groups.items()}
    pooled = {unit: pool(*sizes[unit], unit, settings.bootstrap, settings.seed) for unit in units}
    whole = {
        unit: pool(*_diameters(out, group, unit, "whole_"), unit, settings.bootstrap, settings.seed)
        if _have_whole(group)
        else None
        for unit, group in groups.items()
    }
    summary = {
        "made_with": shared,
        "failed": dict(failed),
        "passed_over": list(passed_over),
        "grey_range": list(range_said),
        "warnings": list(warnings),
        "preferred_fit_rule": PREFERRED_RULE,
        "together": {
            unit: {**_totals(group, unit), **pooled[unit].to_json(), **_whole_of(whole[unit])}
            for unit, group in groups.items()
        },
        "per_scan": {record.name: _of_scan(record) for record in records},
        **({"twins": {unit: result.to_json() for unit, result in twins.items()}} if twins else {}),
    }
    _remove_earlier(out, figures=settings.figures or not _same_numbers(out, summary), twins=bool(twins))
    for unit, group in groups.items():
        ending = "-px" if unit == "px" and len(units) > 1 else ""
        _write_tables(out, group, unit, ending)
        if settings.sections:
            diameters, weights = (np.concatenate(part) for part in sizes[unit])
            write_balls(out, diameters, weights, unit, ending)
        if settings.figures:
            _write_figures(out, group, pooled[unit], ending)
            if (of_whole := whole[unit]) is not None:
                title = f"whole particles, {_title(group)}"
                write_figure(out / "figures", f"whole_sizes{ending}", size_histogram(of_whole, title))
        if settings.pages:
            about = _about(shared, settings, failed, verdict)
            write_sheet(out, out, group, pooled[unit], about, ending, twins.get(unit))
    if settings.pages:
        write_review(out, records, learns=not is_packaged(shared["segmenter"]))
    # Last, so that the figures are those of the numbers that it holds.
    write_json(out / SUMMARY, summary)
    return pooled


def _about(shared: Mapping[str, Any], settings: QuantifySettings, failed: Mapping[str, str], verdict: str) -> About:
    segmenter = shared["segmenter"]
    images = settings.images
    name = None if images is None else images.resolve().stem if is_one_scan(images) else images.resolve().name
    return About(
        settings.sample or name or "scans",
        found_by(segmenter),
        verdict,
        int(segmenter.get("min_region_px", 0)),
        settings.min_confidence,
        tuple(failed),
    )


def _of_scan(record: ScanRecord) -> dict[str, Any]:
    """Return what there is to say of a scan, each number once: statistics of sizes are in both of its parts."""
    scale = Scale(record.unit, 1.0)
    sizes = {"scan", *(column.name(scale) for column in (*SIZE_COLUMNS, *WHOLE_COLUMNS) if column.stem not in _COUNTS)}
    return {
        **{name: value for name, value in record.row.items() if name not in sizes},
        **record.sizes,
        **({} if record.whole is None else {"whole": record.whole}),
        "remarks": list(record.remarks),
        "doubts": list(record.doubts),
    }


def _same_numbers(out: Path, summary: dict[str, Any]) -> bool:
    """Say whether the earlier command found the same: its figures of all scans are right then."""
    try:
        earlier = read_json(out / SUMMARY)
    except RunFolderError:
        return False
    return all(earlier.get(part) == json.loads(json.dumps(summary[part])) for part in ("together", "per_scan"))


def _remove_earlier(out: Path, figures: bool, twins: bool) -> None:
    """Remove what an earlier command wrote of all scans: this one may write fewer files."""
    endings = ("", "-px")
    files = [out / SUMMARY]
    if figures:
        files.append(out / REVIEW / PAGE)
        files += [out / f"{DATASHEET}{ending}.{kind}" for ending in endings for kind in ("html", "pdf")]
    files += [out / f"{name}{ending}.{kind}" for name in TABLES for ending in endings for kind in ("csv", "parquet")]
    if figures:
        folder = out / "figures"
        files += [
            folder / f"{name}{ending}.{kind}" for name in FIGURES for ending in endings for kind in ("png", "svg")
        ]
    if not twins:
        files += [*(out / "twin").glob("*"), *(out / "figures").glob("twin*")]
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, path) from error


def _have_whole(group: Sequence[ScanRecord]) -> bool:
    return all(record.whole is not None for record in group)


def _whole_of(sizes: Sizes | None) -> dict[str, Any]:
    return {} if sizes is None else {"whole": sizes.to_json()}


def _diameters(
    out: Path, group: Sequence[ScanRecord], unit: Unit, which: str = ""
) -> tuple[tuple[Values, ...], tuple[Values, ...]]:
    """Return diameters in the unit, and Miles–Lantuéjoul weights, of each scan (k,)."""
    columns = (f"{which}diameter_{unit}", f"{which}border_weight")
    tables = [read_columns(out, record, columns) for record in group]
    diameters, weights = zip(*tables, strict=True)
    return diameters, weights


def _totals(group: Sequence[ScanRecord], unit: Unit) -> dict[str, Any]:
    """Return counts and coverage of all scans, and how much scans differ."""
    areas = np.array([record.row["field_px"] for record in group], float)
    coverage = np.array([record.row["coverage"] for record in group])
    density = f"density_corrected_per_{'um2' if unit == 'nm' else 'mpx'}"
    between = {
        f"{name}_std_between_scans": _spread([record.row[name] for record in group])
        for name in ("coverage", density, f"d50_{unit}")
    }
    physical = areas * np.array([record.row["pixel_size_nm"] or 1.0 for record in group]) ** 2
    return {
        "scans": len(group),
        "number": sum(record.row["number"] for record in group),
        "number_whole": sum(record.row["number_whole"] for record in group),
        "number_specks": sum(record.row["number_specks"] for record in group),
        "coverage": float((coverage * physical).sum() / physical.sum()),
        density: float(np.average([record.row[density] for record in group], weights=physical)),
        **between,
    }


def _spread(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    return spread if math.isfinite(spread) else None


def _write_tables(out: Path, group: Sequence[ScanRecord], unit: Unit, ending: str) -> None:
    wires = any(record.thickness is not None for record in group)
    whole = WHOLE_COLUMNS if _have_whole(group) else ()
    columns = (*SCAN_COLUMNS, *SIZE_COLUMNS, *whole, *(WIRE_COLUMNS if wires else ()))
    # Rows are in their unit already; only its names are needed.
    write_tables(out, f"scans{ending}", [row_table([record.row for record in group], columns, Scale(unit, 1.0))])
    write_tables(out, f"particles{ending}", _each(out / "particles", group))
    if wires:
        write_tables(out, f"wires{ending}", _each(out / "wires", group))


def _each(folder: Path, group: Sequence[ScanRecord]) -> Iterator[pa.Table]:
    return (read_table(folder / f"{record.name}.parquet") for record in group)


def _title(group: Sequence[ScanRecord]) -> str:
    return f"all {len(group)} scans" if len(group) > 1 else group[0].name


def _write_figures(out: Path, group: Sequence[ScanRecord], sizes: Sizes, ending: str) -> None:
    write_figure(out / "figures", f"sizes{ending}", size_histogram(sizes, _title(group)))
    spreads = [spread for record in group if (spread := thickness_spread(record)) is not None]
    if spreads:
        write_figure(out / "figures", f"thickness{ending}", thickness_distributions(spreads, sizes.unit))
