"""The data sheet of a run: of what its network found on the held-out scans."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.judging.verdict import read_verdict
from diffrendergan.quantification.results import read_record
from diffrendergan.reporting.page.measured import PREDICTIONS, QUANTIFY, Measured
from diffrendergan.reporting.page.pooled import SizeGroup
from diffrendergan.reporting.sheet.gathering import DATASHEET, About, found_by, write_sheet


def write_run_sheet(
    project: Project, folder: Path, out: Path, measured: Measured, groups: Sequence[SizeGroup]
) -> list[Path]:
    """Write a sheet for each group of scans into a folder whose `figures` hold the pictures; those of before go.

    Raises
    ------
    DataError
        If a table of particles is broken.
    RunFolderError
        If the verdict is broken, or a file cannot be written.
    """
    for stale in out.glob(f"{DATASHEET}*"):
        stale.unlink()
    verdict, tables = read_verdict(folder), folder / QUANTIFY / PREDICTIONS
    about = About(
        project.name,
        found_by({"trained_on": "synthetic", "seed": measured.seed, "decoding": measured.decoding}),
        "" if verdict is None else verdict.headline,
        project.evaluation.min_region_px,
        failed=tuple(measured.left_out),
    )
    paths = []
    for group in groups:
        records = [record for scan in group.scans if (record := read_record(tables, scan.name)) is not None]
        ending, twins = group.name.removeprefix("sizes"), measured.twins.get(group.predicted.unit)
        paths += write_sheet(out, tables, records, group.predicted, about, ending, twins)
    return paths
