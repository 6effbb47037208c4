"""What a network's training scans say of their instrument, as the run keeps it."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.config.project import Project
from diffrendergan.errors import UserError
from diffrendergan.patches.prepare import STAGE, load_prepared, load_scan
from diffrendergan.pipeline.watch.instrument import instrument_of
from diffrendergan.runs.atomic import read_json, write_json

FILE = "instrument.json"


def write_instrument(project: Project, folder: Path) -> None:
    """Write what the training scans of a run say of their instrument, scan by scan.

    Raises
    ------
    UserError
        If a scan cannot be read, or the file not be written.
    """
    write_json(folder / STAGE / FILE, {"scans": _measured(project, folder)})


def read_instrument(run: Path | None) -> list[dict[str, float]]:
    """Return the figures of the training scans of a run; none where nothing is known of them.

    Of a run that an earlier version made, the scans are read, where they still are.
    """
    if run is None:
        return []
    try:
        scans = read_json(run / STAGE / FILE)["scans"]
        return [{str(name): float(value) for name, value in row.items()} for row in scans.values()]
    except (UserError, KeyError, TypeError, ValueError, AttributeError):
        pass
    try:
        return list(_measured(load_project(run / RUN_CONFIG), run).values())
    except (UserError, OSError):
        return []


def _measured(project: Project, folder: Path) -> dict[str, dict[str, float]]:
    names = load_prepared(folder).train_scans
    return {name: instrument_of(load_scan(project, name, folder)) for name in names}
