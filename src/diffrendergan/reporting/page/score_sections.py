"""The sections of the page that show how well the segmentation does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from diffrendergan.config.project import Project
from diffrendergan.evaluation.pictures import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE
from diffrendergan.reporting.figures import figures, pictures
from diffrendergan.reporting.figures.theme import css_colour, inline_svg
from diffrendergan.reporting.page.scores import DECODINGS, MEASURES, Scores, Value, overlay_paths
from diffrendergan.runs.words import number, plural, score

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
CUT_BY = {
    "components": "connected components", "watershed": "watershed", "distance": "predicted distance",
    "amodal": "watershed and whole shapes",
}  # fmt: skip
TITLES = {
    "dsc": "DSC", "foreground_iou": "Foreground IoU", "ap50": "AP50", "pq": "Instance PQ", "sq": "SQ", "rq": "RQ",
    "ap": "AP .5–.95", "aji": "AJI", "boundary_f1": "Boundary F1", "count_error": "Count error",
    "relative_count_error": "Count error, relative", "diameter_distance_px": "Diameter distance [px]",
    "diameter_distance_nm": "Diameter distance [nm]",
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
            "(TP + FP + FN) at IoU 0.5. ± is the standard deviation over networks of different seeds; the brackets "
            "hold the 95 % interval of the mean over the scans: how much the choice of the scans matters."
        ),
        "meanings": (
            "AP .5–.95 is AP averaged over IoU thresholds from 0.5 to 0.95; AJI the aggregated Jaccard index; boundary "
            "F1 that of the outlines within 2 px. The count error is the number of predicted particles minus that of "
            "annotated ones in a scan. The diameter distance is the Wasserstein distance of the diameters of all "
            "particles of a scan, cut ones as well."
        ),
        "whole": _whole(scores.whole),
        "absent": _absent(project, scores),
        "doubts": [f"Doubtful annotations: {doubt}" for doubt in scores.doubts],
        "figure": _figure(scores),
        "scans": _scan_rows(scores),
        "tables": _all_measures(scores),
    }


def overlays_section(project: Project, folder: Path, scores: Scores | None) -> dict[str, Any]:
    """Return the overlays of the first network's predictions with the scores of each."""
    if scores is None:
        return {"missing": "No scan has been predicted yet: `diffrendergan evaluate` does that."}
    seed = project.evaluation.seeds[0]
    paths = overlay_paths(folder, scores, seed)
    if not paths:
        absent = "The overlays are not there: `diffrendergan evaluate` writes them."
        return {"missing": absent if scores.scans else f"{scores.note} Predictions on training scans: see the verdict."}
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
                "told": _overlay_caption(told),
            }
        )
    keys = [(TRUE_POSITIVE, "found"), (FALSE_POSITIVE, "not annotated"), (FALSE_NEGATIVE, "missed")]
    if not scores.particles:
        keys = [(TRUE_POSITIVE, "predicted particle")]
    left_out = len(paths) - len(shown)
    return {
        "figures": items,
        "legend": [{"colour": css_colour(colour), "label": label} for colour, label in keys],
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
        cells = [_cell(measure, scores.value(method, measure, by)) for measure, by in _COLUMNS.values()]
        kind = "headline" if method == "synthetic" else None
        rows.append({"label": label, "remark": remark, "cells": cells, "kind": kind})
    if project.name == PAPER_PROJECT:
        quoted = {name: Value(value) for name, value in PAPER_ROW.items()}
        cells = [_cell(measure, quoted.get(name)) for name, (measure, _) in _COLUMNS.items()]
        rows.append({"label": PAPER_LABEL[0], "remark": PAPER_LABEL[1], "cells": cells, "kind": "quoted"})
    return rows


def _all_measures(scores: Scores) -> list[dict[str, Any]]:
    """Return two tables, so that none is wider than the page: scores in [0, 1], then numbers and sizes."""
    measures = _told_measures(scores)
    sides = [[name for name in measures if (name in _NUMBERS) == counted] for counted in (False, True)]
    methods = [(method, by) for method in scores.methods for by in DECODINGS if (method, by) in scores.summary]
    return [
        {
            "measures": [TITLES[name] for name in side],
            "rows": [
                {
                    "label": _label(method)[0],
                    "decoding": CUT_BY[by],
                    "cells": [_cell(name, scores.value(method, name, by)) for name in side],
                }
                for method, by in methods
            ],
        }
        for side in sides
        if side
    ]


def _told_measures(scores: Scores) -> list[str]:
    """Return the measures that are known, the diameter distance in pixels only if a scan has no known scale."""
    known = [measure for measure in MEASURES if any(measure in values for values in scores.summary.values())]
    in_px, in_nm = (
        {row.scan for row in scores.rows if f"diameter_distance_{unit}" in row.scores} for unit in ("px", "nm")
    )
    return [measure for measure in known if measure != "diameter_distance_px" or in_px - in_nm]


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def _signed_percent(value: float) -> str:
    return f"{100 * value:+.0f} %".replace("-", "\N{MINUS SIGN}")


_NUMBERS = {
    "count_error": _signed,
    "relative_count_error": _signed_percent,
    "diameter_distance_px": number,
    "diameter_distance_nm": number,
}
"""How measures that are no scores in [0, 1] are told."""


def _cell(measure: str, value: Value | None) -> dict[str, str | None]:
    """Return a score with its spread and interval as text."""
    if value is None:
        return {"mean": "–", "spread": None, "interval": None}
    told = _NUMBERS.get(measure, score)
    return {
        "mean": told(value.mean),
        "spread": None if value.spread is None else told(value.spread).lstrip("+"),
        "interval": None if value.interval is None else f"[{', '.join(told(bound) for bound in value.interval)}]",
    }


def _sentence(scores: Scores) -> str:
    scored = len(scores.particles)
    unscored = len(scores.scans) - scored
    particles = plural(sum(scores.particles.values()), "annotated particle")
    text = f"{plural(scored, 'scan')} with {particles}, kept back from all training."
    if unscored:
        text += f" {plural(unscored, 'further scan has', 'further scans have')} no annotation and no score."
    return text


def _whole(known: Mapping[str, Any]) -> str:
    """Say how well whole particles are found where they are known; nothing where the network predicts none."""
    if not known:
        return ""
    bias = known["median_bias"]
    if any(value is None for value in bias.values()):
        return ""
    whole, seen, possible = (_signed_tenths(bias[name]) for name in ("whole", "visible", "true_visible"))
    return (
        f"Whole particles, on {plural(known['images'], 'synthetic image')} that no network was trained on: AP50 "
        f"{score(known['whole']['ap50'])} of the whole, {score(known['visible']['ap50'])} of what is seen. Their "
        f"median diameter is off by {whole}, that of what is seen by {seen} (of what can be seen: {possible})."
    )


def _signed_tenths(value: float) -> str:
    return f"{100 * value:+.1f} %".replace("-", "\N{MINUS SIGN}")


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
        known = [[cell for cell in column if cell is not None] for column in columns]
        means = [float(np.mean(column)) if column else None for column in known]
        total = sum(scores.particles.values())
        rows.append({"name": "Mean", "particles": f"{total:,} in all", "cells": means, "mean": True})
    return rows


def _overlay_caption(told: Mapping[str, float]) -> Markup:
    if not told:
        return Markup()
    return Markup("DSC {} · AP<sub>50</sub> {} · PQ {}").format(*(score(told[name]) for name in ("dsc", "ap50", "pq")))


def _label(method: str) -> tuple[str, str]:
    return LABELS.get(method, (method, ""))
