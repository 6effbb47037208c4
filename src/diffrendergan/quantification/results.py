"""The results of `quantify` in a folder, scan by scan: what writes them, and what reads them again, agree here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import RunFolderError
from diffrendergan.quantification.tables import read_table
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.sizes.sizes import Sizes, Values, analyse_sizes
from diffrendergan.sizes.units import Unit

SCANS = "scans"
PARTICLES = "particles"
SUMMARY = "summary.json"
TUPLES = ("files", "figures", "remarks", "doubts")
"""Fields of a record that JSON holds as lists."""
DRAWS = 400
"""How often particles are drawn again for the confidence intervals, unless something else is asked for."""


@dataclass(frozen=True)
class ScanRecord:
    """The results of one scan that stay in memory: a few hundred numbers."""

    name: str
    unit: Unit
    row: dict[str, Any]
    """As in `scans.csv`."""
    sizes: dict[str, Any]
    """Statistics, fits and intervals."""
    thickness: dict[str, Any] | None
    """Histogram of the local thickness, and places of the crossings [px]; None for particles."""
    files: tuple[str, ...]
    """All files with its results but figures, relative to the folder."""
    figures: tuple[str, ...]
    """Its figures in the same way; none where none were asked for, which changes no result."""
    made_from: dict[str, Any]
    remarks: tuple[str, ...] = ()
    """What was made of the scan's file where there was a choice, a sentence each."""
    pixel_size_from: str = ""
    """Where its pixel size comes from; empty where there is none."""
    doubts: tuple[str, ...] = ()
    """What makes its results mean less than they seem to, a sentence each."""
    whole: dict[str, Any] | None = None
    """Statistics, fits and intervals of the whole particles; None where nothing is known of what others cover."""
    seen: str = ""
    """What scans of the same pixels share; empty in results of earlier versions."""
    places: str = ""
    """Where its particles lie, coarsely (`places.where`): scans of one field are alike in it. Empty in results of
    earlier versions."""


def record_path(out: Path, name: str) -> Path:
    """Return where the record of a scan lies."""
    return out / SCANS / f"{name}.json"


def write_record(out: Path, record: ScanRecord) -> None:
    """Write the record of a scan; it comes last, and makes its results count."""
    write_json(record_path(out, record.name), vars(record))


def read_record(out: Path, name: str) -> ScanRecord | None:
    """Return the record of a scan, None if there is none or it is of another form."""
    try:
        values = read_json(record_path(out, name))
        return ScanRecord(**{**values, **{kind: tuple(values[kind]) for kind in TUPLES}})
    except (RunFolderError, TypeError, KeyError):
        return None


def read_failures(out: Path) -> dict[str, str] | None:
    """Return why scans could not be measured, by name; None where nothing was measured to the end.

    Raises
    ------
    RunFolderError
        If the summary is broken.
    """
    path = out / SUMMARY
    if not path.exists():
        return None
    return {str(name): str(reason) for name, reason in read_json(path)["failed"].items()}


def read_warnings(out: Path) -> tuple[str, ...]:
    """Return what makes results mean less than they seem to, a sentence each; nothing where nothing was measured.

    Raises
    ------
    RunFolderError
        If the summary is broken.
    """
    path = out / SUMMARY
    return tuple(str(sentence) for sentence in read_json(path)["warnings"]) if path.exists() else ()


def read_columns(out: Path, record: ScanRecord, columns: Sequence[str]) -> list[NDArray[Any]]:
    """Return columns of the particle table of a scan, by their names with unit, each of shape (k,).

    Raises
    ------
    DataError
        If the table is missing or broken.
    """
    table = read_table(out / PARTICLES / f"{record.name}.parquet", columns)
    return [table[name].to_numpy() for name in columns]


def pool(diameters: Sequence[Values], weights: Sequence[Values], unit: Unit, draws: int, seed: int) -> Sizes:
    """Describe the sizes of the particles of many scans together; intervals hold what differs between scans.

    Parameters
    ----------
    diameters, weights : sequence of ndarray, shape (k,)
        Of each scan: diameters in the unit, and Miles–Lantuéjoul weights.
    unit : {"nm", "px"}
    draws, seed : int
        How often the particles are drawn again for the confidence intervals, and of these draws.
    """
    scans = np.repeat(np.arange(len(diameters)), [len(values) for values in diameters])
    together = np.concatenate(diameters), np.concatenate(weights)
    return analyse_sizes(*together, unit, draws, seed, "together", unit, scans=scans)
