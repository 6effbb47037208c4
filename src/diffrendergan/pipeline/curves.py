"""Losses and distances of a run so far, as its stages keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.json_text import parse_json


def curves(run: Path) -> dict[str, list[tuple[float, float]]]:
    """Return what is known of losses and distances so far, by stage and name: (step or epoch, value)."""
    found: dict[str, list[tuple[float, float]]] = {}
    totals = _values(run / "fit" / "fit.json").get("totals")
    if isinstance(totals, list):
        found["fit: distance"] = [(float(step), float(value)) for step, value in enumerate(totals, 1)]
    for record in _lines(run / "train" / "history.jsonl"):
        for name, value in record.items():
            if name != "epoch" and isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(f"train: {name}", []).append((float(record.get("epoch", 0)), float(value)))
    for history in sorted((run / "segment").glob("*/history.json")):
        for record in _values(history).get("records", ()):
            for name in ("train_loss", "validation_loss", "validation_dice"):
                if record.get(name) is not None:
                    key = f"segment: {name.replace('_', ' ')}"
                    found.setdefault(key, []).append((float(record["step"]), float(record[name])))
    return found


def latest_figures(run: Path, stage: str) -> dict[str, float]:
    """Return the last loss or distance of each kind of a stage, by name, and the step or epoch it is of."""
    found: dict[str, float] = {}
    for name, points in curves(run).items():
        of, _, what = name.partition(": ")
        if of == stage:
            found["step"], found[what] = points[-1]
    return found


def _values(path: Path) -> dict[str, Any]:
    try:
        values = read_json(path)
    except RunFolderError:
        return {}
    return values if isinstance(values, dict) else {}


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON lines of a file that may just be written: a last half line is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        try:
            found.append(dict(parse_json(line)))
        except (ValueError, TypeError):
            continue
    return found
