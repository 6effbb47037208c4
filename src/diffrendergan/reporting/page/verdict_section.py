"""The section of the page that says whether the run can be relied on, by what is seen without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffrendergan.evaluation.pictures import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE
from diffrendergan.judging.evidence import OfScan
from diffrendergan.judging.verdict import COLUMNS, OVERLAYS, STAGE, Verdict, remarks_of, table_of
from diffrendergan.reporting.figures import pictures
from diffrendergan.reporting.figures.theme import css_colour
from diffrendergan.runs.words import percent, plural

OVERLAY_EDGE_PX = 800
OVERLAY_BYTES = 120_000
KEYS = ((TRUE_POSITIVE, "found by both"), (FALSE_POSITIVE, "by the network alone"),
        (FALSE_NEGATIVE, "by the generalist alone"))  # fmt: skip


def verdict_section(folder: Path, verdict: Verdict | None) -> dict[str, Any]:
    """Return the verdict with what it rests on, and the predictions on the scans that were looked at."""
    if verdict is None:
        return {"missing": "The run is not judged yet: `diffrendergan judge` does that."}
    place = folder / STAGE / OVERLAYS
    return {
        "judgement": verdict.judgement,
        "headline": verdict.headline,
        "findings": verdict.sentences,
        "columns": COLUMNS[1:],
        "rows": table_of(verdict),
        "remarks": remarks_of(verdict),
        "figures": [
            {
                "name": scan.name,
                "uri": pictures.file_jpeg(path, OVERLAY_EDGE_PX, OVERLAY_BYTES),
                "alt": f"Prediction on scan {scan.name}, beside the generalist's",
                "told": _caption(scan),
            }
            for scan in verdict.evidence.of_scans
            if (path := place / f"{scan.name}.png").exists()
        ],
        "legend": [{"colour": css_colour(colour), "label": label} for colour, label in KEYS],
    }


def _caption(scan: OfScan) -> str:
    side = "held out" if scan.held_out else "trained on"
    doubt = " (unsure)" if scan.doubted else ""
    return (
        f"{side} · {plural(scan.number, 'particle')}, {percent(scan.coverage)} covered; "
        f"generalist {scan.by_generalist:,}{doubt}"
    )
