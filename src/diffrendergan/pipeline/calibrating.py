"""A project file with sizes and places fitted to the scans, from one that `init` wrote."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from diffrendergan.calibration.project_file import calibrated_text
from diffrendergan.calibration.real import read_real_patches
from diffrendergan.calibration.record import record
from diffrendergan.calibration.search import calibrate
from diffrendergan.config.load import load_project
from diffrendergan.generalist.search import search_of
from diffrendergan.pipeline.runner import is_finished
from diffrendergan.reporting.preview.calibration import write_sheet
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.reporter import Reporter


def calibrate_file(source: Path, target: Path, arrangements: int, patches: int, reporter: Reporter) -> dict[str, Any]:
    """Write a project file whose sizes, numbers and places are fitted to its scans; the file comes last.

    Parameters
    ----------
    source, target : Path
        The project file as it is, and the one to write; they may be the same.
    arrangements : int
        Drawn in all.
    patches : int
        Most real patches to compare with.
    reporter : Reporter
        Shows progress.

    Returns
    -------
    dict
        What `calibration.record` says of it, which is also written beside the target as ``-fit.json``.

    Raises
    ------
    UserError
        If the scans or the arrangements of the project cannot be used.
    """
    given = load_project(source)
    real = read_real_patches(given, patches, patches, reporter, is_finished(given, "prepare"), search_of(given))
    found = calibrate(given, real, arrangements, reporter)
    facts = record(given, real, found)
    write_json(beside(target, ".json"), facts)
    write_sheet(beside(target, ".png"), real, found)
    note = f"Sizes and places calibrated by `diffrendergan calibrate {source.name}` on {date.today().isoformat()}."
    text = calibrated_text(source.read_text(encoding="utf-8-sig"), given, found.project, source, target, note)
    _check(target, text)
    write_text(target, text)
    return facts


def beside(target: Path, ending: str) -> Path:
    """Return where what was found lies beside a project file."""
    return target.with_name(f"{target.stem}-fit{ending}")


def _check(target: Path, text: str) -> None:
    """Read the text as a project file before it replaces anything."""
    trial = target.with_name(f".{target.stem}-trial.yaml")
    try:
        trial.write_text(text, encoding="utf-8")
        load_project(trial)
    finally:
        trial.unlink(missing_ok=True)
