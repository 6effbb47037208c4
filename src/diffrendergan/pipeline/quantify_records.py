"""What a scan's results were made from: whole results of the same origin are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffrendergan
from diffrendergan.errors import RunFolderError
from diffrendergan.pipeline.quantify_settings import QuantifySettings, ScanSegmenter
from diffrendergan.quantification.units import Unit
from diffrendergan.runs.atomic import read_json, write_json

MARKER = "quantify.json"
SCANS = "scans"
FORMAT = 1
"""Grows when results change their meaning."""


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
    """Histogram of the local thickness; None for particles."""
    files: tuple[str, ...]
    """All files with its results, relative to the folder."""
    made_from: dict[str, Any]


def basis(segmenter: ScanSegmenter, settings: QuantifySettings) -> dict[str, Any]:
    """Return what decides the results of all scans, as values for JSON."""
    stretch = segmenter.stretch
    values = {
        "format": FORMAT,
        "version": diffrendergan.__version__,
        "segmenter": segmenter.describe(),
        "structure": segmenter.structure if settings.structure == "auto" else settings.structure,
        "pixel_size_nm": settings.pixel_size_nm,
        "project_pixel_size_nm": segmenter.pixel_size_nm,
        "data_bar": segmenter.data_bar if settings.data_bar is None else settings.data_bar,
        "stretch": None if stretch is None else stretch.to_json(),
        "bootstrap": settings.bootstrap,
        "seed": settings.seed,
        "figures": settings.figures,
    }
    return dict(json.loads(json.dumps(values)))  # as it will be read again: without tuples


def origin(path: Path, shared: dict[str, Any]) -> dict[str, Any]:
    """Return what decides the results of one scan: the above, its file, and a text file of its microscope."""
    files = [file for file in (path, path.with_suffix(".txt")) if file.is_file()]
    return {**shared, "files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}}


def prepare_folder(out: Path, shared: dict[str, Any], force: bool) -> None:
    """Make the folder of the results, or take one that holds such already.

    Raises
    ------
    RunFolderError
        If it holds something else, unless forced.
    """
    if out.exists() and not out.is_dir():
        raise RunFolderError(f"{out} is a file; name a folder for the results with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER).is_file() and not force:
        raise RunFolderError(
            f"{out} holds files that are no results of `quantify`; name another folder with --out, or use --force."
        )
    write_json(out / MARKER, shared)


def write_record(out: Path, record: ScanRecord) -> None:
    """Write the record of a scan; it comes last, and makes its results count."""
    write_json(out / SCANS / f"{record.name}.json", vars(record))


def kept_record(out: Path, name: str, made_from: dict[str, Any]) -> ScanRecord | None:
    """Return the record of a scan whose results are whole and of the same origin, or None."""
    path = out / SCANS / f"{name}.json"
    try:
        values = read_json(path)
        record = ScanRecord(**{**values, "files": tuple(values["files"])})
    except (RunFolderError, TypeError, KeyError):
        return None
    whole = record.made_from == made_from and all((out / file).is_file() for file in record.files)
    return record if whole else None


def discard(out: Path, name: str) -> None:
    """Remove earlier results of a scan, the record first."""
    path = out / SCANS / f"{name}.json"
    try:
        files: Sequence[str] = read_json(path)["files"]
    except (RunFolderError, TypeError, KeyError):
        files = ()
    path.unlink(missing_ok=True)
    for file in files:
        (out / file).unlink(missing_ok=True)
