"""A project file with sizes and places fitted to the scans, from one that `init` wrote."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from diffrendergan.calibration.inferring import infer
from diffrendergan.calibration.project_file import calibrated_text, check_text
from diffrendergan.calibration.real import RealPatches, read_real_patches
from diffrendergan.calibration.record import record
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.search import Calibration, calibrate
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.errors import FolderInUseError
from diffrendergan.generalist.patches import PatchFinder, finder_for
from diffrendergan.generalist.search import GeneralistSearch, search_of
from diffrendergan.pipeline.runner import is_finished
from diffrendergan.reporting.preview.calibration import write_sheet
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.runs.lock import is_locked
from diffrendergan.runs.reporter import Reporter


def calibrate_file(
    source: Path, target: Path, arrangements: int | None, patches: int | None, reporter: Reporter
) -> dict[str, Any]:
    """Write a project file whose sizes, numbers and places are fitted to its scans; the file comes last.

    Parameters
    ----------
    source, target : Path
        The project file as it is, and the one to write; they may be the same.
    arrangements : int or None
        Drawn in all; None for as many as the search needs (`calibration.rules`).
    patches : int or None
        Most real patches to compare with; likewise.
    reporter : Reporter
        Shows progress.

    Returns
    -------
    dict
        What `calibration.record` says of it, which is also written beside the target as ``-fit.json``.

    Raises
    ------
    UserError
        If the scans or the arrangements of the project cannot be used, or if its patches are being cut right now.
    """
    given = load_project(source)
    found, real = _found(given, arrangements, patches, reporter, target)
    facts = record(given, real, found)
    write_json(beside(target, ".json"), facts)
    write_sheet(beside(target, ".png"), real, found)
    note = f"Sizes and places calibrated by `diffrendergan calibrate {source.name}` on {date.today().isoformat()}."
    text = calibrated_text(source.read_text(encoding="utf-8-sig"), given, found.project, source, target, note)
    check_text(target, text)
    write_text(target, text)
    return facts


def _found(
    given: Project, arrangements: int | None, patches: int | None, reporter: Reporter, target: Path
) -> tuple[Calibration, RealPatches]:
    """Calibrate by the generalist where the project asks for it and it is sure of the patches, else by thresholds."""
    search, prepared = search_of(given), is_finished(given, "prepare")
    if not prepared and is_locked(given.run):
        raise FolderInUseError(
            f"another diffrendergan works in {given.run}, whose patches are not finished; wait for it, so that "
            "calibration sees the same patches as training."
        )
    inferred = isinstance(search, GeneralistSearch)
    most = patches or (RULES.inferred_patches if inferred else RULES.patches)
    scans = RULES.inferred_scans if inferred else most
    finder = partial(finder_for, segmenter=search.segmenter) if isinstance(search, GeneralistSearch) else None
    real = read_real_patches(given, most, scans, reporter, prepared, search, finder)
    kept = target.with_name(f".{target.stem}-arrangements.jsonl")
    if isinstance(real.drawn, PatchFinder):
        return infer(given, real, arrangements or RULES.inferred_arrangements, reporter, kept), real
    return calibrate(given, real, arrangements or RULES.arrangements, reporter, kept), real


def beside(target: Path, ending: str) -> Path:
    """Return where what was found lies beside a project file."""
    return target.with_name(f"{target.stem}-fit{ending}")
