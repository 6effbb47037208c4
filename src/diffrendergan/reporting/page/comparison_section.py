"""The section of the page that says whether synthetic images can be told from real patches, and by what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffrendergan.realism.comparison import COLUMNS, STAGE, read_comparison
from diffrendergan.realism.sheet import SHEET
from diffrendergan.reporting.figures import pictures
from diffrendergan.reporting.figures.comparison_figures import comparison_curves
from diffrendergan.reporting.figures.theme import inline_svg

SHEET_EDGE_PX = 1700
SHEET_BYTES = 700_000


def comparison_section(folder: Path) -> dict[str, Any]:
    """Return the comparison of a run: its table, where the classifier looks, curves, and the most telling patches.

    Raises
    ------
    RunFolderError
        If a file is broken.
    """
    comparison = read_comparison(folder / STAGE)
    if comparison is None:
        return {"missing": "Nothing is compared yet: `diffrendergan compare` does that."}
    if isinstance(comparison, str):
        return {"missing": f"Nothing could be compared: {comparison}"}
    return {
        "headline": comparison.headline,
        "columns": COLUMNS[1:],
        "rows": comparison.rows,
        "patches": comparison.patches,
        "sentences": comparison.sentences,
        "notes": comparison.notes,
        "figure": inline_svg(
            comparison_curves(comparison.curves), "comparison", "Spectrum, noise and grey levels of both sides"
        ),
        "sheet": pictures.file_jpeg(folder / STAGE / SHEET, SHEET_EDGE_PX, SHEET_BYTES),
    }
