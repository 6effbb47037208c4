"""The section of the page that shows the fit of the look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffrendergan.fitting.law import FILE, SHEET, STAGE
from diffrendergan.reporting.figures import pictures
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.words import number

SHEET_EDGE_PX = 1400
SHEET_BYTES = 500_000
COLUMNS = ("fitted", "at random", "real")


def fit_section(folder: Path) -> dict[str, Any] | None:
    """Return the fit of a run: distances and parameters as tables, and the sheet; None if nothing was fitted.

    Raises
    ------
    RunFolderError
        If a file is broken.
    """
    path = folder / STAGE / FILE
    if not path.exists():
        return None
    found = read_json(path)
    return {
        "distances": [
            (name, *(number(values[column]) for column in COLUMNS)) for name, values in found["distances"].items()
        ],
        "parameters": [(name, *map(number, values)) for name, values in found["usual"].items()],
        "sheet": pictures.file_jpeg(folder / STAGE / SHEET, SHEET_EDGE_PX, SHEET_BYTES),
    }
