"""The numbers of results as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import UserError
from diffrendergan.quantification.results import (
    SUMMARY,
    ScanRecord,
    read_columns,
    read_failures,
    read_record,
    read_warnings,
)
from diffrendergan.runs.atomic import read_json

OF_WIRES = (
    "These are wires: diameters here are those of connected regions and say nothing of them; thickness, length and "
    "crossings are in wires.csv and scans.csv."
)


@dataclass(frozen=True)
class Pooled:
    """Diameters of all scans in one unit."""

    unit: str
    diameters: NDArray[np.float64]


def records_of(results: Path, names: Sequence[str]) -> list[ScanRecord]:
    """Return the records of scans that were measured."""
    found = (read_record(results, name) for name in names)
    return [record for record in found if record is not None]


def scan_rows(records: Sequence[ScanRecord]) -> list[dict[str, str]]:
    """Return a row for each scan: what `quantify` tells, in words."""
    rows = []
    for record in records:
        row, unit = record.row, record.unit
        median, low, high = (row.get(f"{name}_{unit}") for name in ("d50", "d50_low", "d50_high"))
        rows.append(
            {
                "scan": record.name,
                "particles": str(row["number"]),
                "whole": str(row["number_whole"]),
                "covered": f"{100 * float(row['coverage']):.1f} %",
                "median": "–" if median is None else f"{median:.3g} {unit}",
                "interval": _interval(low, high),
                "fit": str(row.get("fit") or "–"),
            }
        )
    return rows


def together_rows(results: Path) -> list[dict[str, str]]:
    """Return a row for all scans together, by unit; none before all were measured."""
    if not (results / SUMMARY).is_file():
        return []
    rows = []
    for unit, pooled in read_json(results / SUMMARY)["together"].items():
        weighted = pooled["sizes"]["number_weighted"] if "sizes" in pooled else pooled.get("number_weighted", {})
        median = weighted.get(f"d50_{unit}")
        low, high = pooled.get("number_weighted_intervals", {}).get(f"d50_{unit}") or (None, None)
        rows.append(
            {
                "scan": f"together ({pooled['scans']})",
                "particles": str(pooled["number"]),
                "whole": str(pooled["number_whole"]),
                "covered": f"{100 * float(pooled['coverage']):.1f} %",
                "median": "–" if median is None else f"{median:.3g} {unit}",
                "interval": _interval(low, high),
                "fit": str(pooled.get("preferred_fit") or "–"),
            }
        )
    return rows


def _interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{low:.3g} to {high:.3g}"


def pooled_sizes(results: Path, records: Sequence[ScanRecord]) -> list[Pooled]:
    """Return the diameters of all particles, by unit."""
    by_unit: dict[str, list[NDArray[np.float64]]] = {}
    for record in records:
        by_unit.setdefault(record.unit, []).append(read_columns(results, record, [f"diameter_{record.unit}"])[0])
    return [Pooled(unit, np.concatenate(sizes)) for unit, sizes in by_unit.items()]


def doubts_of(results: Path, records: Sequence[ScanRecord]) -> list[str]:
    """Return what makes the results mean less than they seem to, and why scans failed."""
    try:
        warnings = read_warnings(results)
        failed = (read_failures(results) or {}).values()
    except UserError as error:
        return [str(error)]
    if not warnings:
        warnings = tuple(f"{record.name}: {doubt}" for record in records for doubt in record.doubts)
    wires = any(record.row.get("wires") is not None for record in records)
    return [*([OF_WIRES] if wires else ()), *warnings, *failed]
