"""The sections of the page that show how well the segmentation does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.reporting import figures, pictures
from diffrendergan.reporting.scores import DECODINGS, MEASURES, Scores, Value, overlay_paths
from diffrendergan.reporting.theme import inline_svg
from diffrendergan.reporting.words import plural, score
from diffrendergan.segmentation.pictures import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE

MOST_OVERLAYS = 12
OVERLAY_EDGE_PX = 1024
OVERLAY_BUDGET_BYTES = 2_600_000
"""For all overlays together, before their encoding as text adds a third."""

LABELS = {
    "synthetic": ("Synthetic images only", "no real annotation used"),
    "real": ("Real annotated scans", "the same network, trained on annotations"),
    "otsu": ("Otsu threshold", "classical baseline: smooth, threshold, fill holes"),
    "li": ("Li threshold", "classical baseline: the same with Li's threshold"),
}
CUT_BY = {"components": "connected components", "watershed": "watershed", "distance": "predicted distance"}
TITLES = {
    "dsc": "DSC", "foreground_iou": "Foreground IoU", "ap50": "AP50", "pq": "Instance PQ", "sq": "SQ", "rq": "RQ",
    "ap": "AP .5–.95", "aji": "AJI", "boundary_f1": "Boundary F1",
}  # fmt: skip

PAPER_PROJECT = "tio2-sem"
PAPER_ROW = {"dsc": 0.916, "foreground_iou": 0.845, "ap50_components": 0.474}
PAPER_LABEL = ("DiffRenderGAN as published", "Possart et al. 2025, Table 1: their split, nnU-Net; for reference only")

Columns = Mapping[str, tuple[str, str | None]]
_COLUMNS: Columns = {
    "dsc": ("dsc", None),
    "foreground_iou": ("foreground_iou", None),
    "ap50_components": ("ap50", "components"),
    "ap50_watershed": ("ap50", "watershed"),
    "ap50_distance": ("ap50", "distance"),
    "pq": ("pq", None),
}
"""Column → measure and decoding; None is the headline's."""


def scores_section(project: Project, scores: Scores | None) -> dict[str, Any]:
    """Return the score table, the scores scan by scan, and what is missing."""
    if scores is None:
        return {"missing": "Nothing has been scored yet: `diffrendergan evaluate` does that."}
    if not scores.summary:
        return {"missing": scores.note}
    return {
        "table": _table(project, scores),
        "sentence": _sentence(scores),
        "caption": (
            f"DSC, foreground IoU and instance PQ are those of particles cut by {CUT_BY[scores.decoding]}. AP50 = TP / "
            "(TP + FP + FN) at IoU 0.5. ± is the standard deviation over networks of different seeds."
        ),
        "absent": _absent(project, scores),
        "figure": _figure(scores),
        "scans": _scan_rows(scores),
        "measures": [TITLES[measure] for measure in MEASURES],
        "everything": [
            {
                "label": _label(method)[0],
                "decoding": CUT_BY[decoding],
                "cells": [scores.value(method, measure, decoding) for measure in MEASURES],
            }
            for method in scores.methods
            for decoding in DECODINGS
            if (method, decoding) in scores.summary
        ],
    }


def overlays_section(project: Project, folder: Path, scores: Scores | None) -> dict[str, Any]:
    """Return the overlays of the first network's predictions with the scores of each."""
    if scores is None:
        return {"missing": "No scan has been predicted yet: `diffrendergan evaluate` does that."}
    seed = project.evaluation.seeds[0]
    paths = overlay_paths(folder, scores, seed)
    if not paths:
        absent = "The overlays are not there: `diffrendergan evaluate` writes them."
        return {"missing": absent if scores.scans else scores.note}
    shown = list(paths.items())[:MOST_OVERLAYS]
    budget = OVERLAY_BUDGET_BYTES // len(shown)
    items = []
    for name, path in shown:
        told = scores.of_overlay(name, seed)
        items.append(
            {
                "name": name,
                "uri": pictures.file_jpeg(path, OVERLAY_EDGE_PX, budget),
                "alt": f"Prediction on scan {name}",
                "scores": _overlay_caption(told),
            }
        )
    keys = [(TRUE_POSITIVE, "found"), (FALSE_POSITIVE, "not annotated"), (FALSE_NEGATIVE, "missed")]
    if not scores.particles:
        keys = [(TRUE_POSITIVE, "predicted particle")]
    left_out = len(paths) - len(shown)
    return {
        "figures": items,
        "legend": [{"colour": _css(colour), "label": label} for colour, label in keys],
        "sentence": (
            f"The network of seed {seed}, trained on synthetic images only, on scans that it has never seen; particles "
            f"are cut by {CUT_BY[scores.decoding]} and outlined in white."
        ),
        "left_out": f"{plural(left_out, 'more scan')} in evaluate/overlays of the run folder." if left_out else None,
    }


def headline(scores: Scores | None) -> list[dict[str, str]]:
    """Return the tiles with the scores of the network trained on synthetic images only."""
    if scores is None:
        return []
    told = {"dsc": "DSC, synthetic images only", "ap50": f"AP50 by {CUT_BY[scores.decoding]}"}
    values = {measure: scores.value("synthetic", measure) for measure in told}
    return [{"value": score(value.mean), "label": told[name]} for name, value in values.items() if value is not None]


def _table(project: Project, scores: Scores) -> list[dict[str, Any]]:
    rows = []
    for method in scores.methods:
        label, remark = _label(method)
        if scores.seeds[method] > 1:
            remark += f"; {plural(scores.seeds[method], 'seed')}"
        cells = [scores.value(method, measure, decoding) for measure, decoding in _COLUMNS.values()]
        kind = "headline" if method == "synthetic" else None
        rows.append({"label": label, "remark": remark, "cells": cells, "kind": kind})
    if project.name == PAPER_PROJECT:
        cells = [Value(PAPER_ROW[name], None) if name in PAPER_ROW else None for name in _COLUMNS]
        rows.append({"label": PAPER_LABEL[0], "remark": PAPER_LABEL[1], "cells": cells, "kind": "quoted"})
    return rows


def _sentence(scores: Scores) -> str:
    scored = len(scores.particles)
    unscored = len(scores.scans) - scored
    particles = plural(sum(scores.particles.values()), "annotated particle")
    text = f"{plural(scored, 'scan')} with {particles}, kept back from all training."
    if unscored:
        text += f" {plural(unscored, 'further scan has', 'further scans have')} no annotation and no score."
    return text


def _absent(project: Project, scores: Scores) -> str | None:
    if "real" in scores.seeds:
        return None
    how = "`diffrendergan evaluate --with-real` trains one"
    if project.data.masks is None:
        how += ", once `data.masks` names the annotations"
    return f"There is no real-data reference in this table: {how}."


def _figure(scores: Scores) -> str:
    titles = {"dsc": "DSC", "ap50_components": "AP50, components"}
    titles |= {"ap50_watershed": "AP50, watershed", "pq": "Instance PQ"}
    table: dict[str, dict[str, dict[str, float]]] = {}
    for method in scores.methods:
        table[_label(method)[0]] = {
            scan: {
                column: value
                for column in titles
                if (value := scores.of_scan(method, scan, *_COLUMNS[column])) is not None
            }
            for scan in scores.particles
        }
    return inline_svg(figures.scan_scores(table, titles), "scans", "Scores of each scan, by what was learned from")


def _scan_rows(scores: Scores) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, particles in scores.particles.items():
        cells = [scores.of_scan("synthetic", name, *column) for column in _COLUMNS.values()]
        rows.append({"name": name, "particles": f"{particles:,}", "cells": cells, "mean": False})
    rows = [row for row in rows if any(cell is not None for cell in row["cells"])]
    if len(rows) > 1:
        columns = zip(*(row["cells"] for row in rows), strict=True)
        means = [float(np.mean([cell for cell in column if cell is not None])) for column in columns]
        total = sum(scores.particles.values())
        rows.append({"name": "Mean", "particles": f"{total:,} in all", "cells": means, "mean": True})
    return rows


def _overlay_caption(told: Mapping[str, float]) -> str:
    if not told:
        return ""
    return f"DSC {score(told['dsc'])} · AP<sub>50</sub> {score(told['ap50'])} · PQ {score(told['pq'])}"


def _label(method: str) -> tuple[str, str]:
    return LABELS.get(method, (method, ""))


def _css(colour: tuple[float, float, float]) -> str:
    red, green, blue = (round(255 * part) for part in colour)
    return f"rgb({red} {green} {blue})"
