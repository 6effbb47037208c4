"""The tables of rules in docs/, made from the rules: `python tests/docs/rules_tables.py` writes them anew."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "docs/observing.md": (("runs", "LogRules"),),
    "docs/watch.md": (("pipeline.watch", "WatchRules"),),
    "docs/montages.md": (("pipeline.montage", "MontageRules"),),
    "docs/cluster.md": (("runs.cluster", "ClusterRules"),),
    "docs/twins.md": (("twins", "TwinRules"),),
    "docs/estimation.md": (
        ("inference", "InferenceRules"),
        ("inspection", "InspectionRules"),
        ("inspection", "ScaleRules"),
        ("inspection", "Confidences"),
        ("inspection", "LookRules"),
        ("sizes", "SizeRules"),
        ("patches", "PatchRules"),
    ),
    "docs/calibration.md": (("calibration", "CalibrationRules"),),
    "docs/fit.md": (("fitting", "FitRules"),),
    "docs/rendering.md": (
        ("rendering.transmission", "TransmissionRules"),
        ("rendering", "TracedRules"),
    ),
    "docs/imaging.md": (("imaging", "GroundRules"), ("imaging", "NoiseRules")),
    "docs/adversary.md": (("gan", "AdversaryRules"),),
    "docs/compare.md": (("realism", "ComparisonRules"),),
    "docs/segmentation.md": (("segmentation", "AdaptRules"),),
    "docs/whole-shapes.md": (("segmentation", "WholeRules"),),
    "docs/correct.md": (("segmentation", "CorrectRules"),),
    "docs/formats.md": (("labels", "LyingRules"),),
    "docs/quantification.md": (("quantification", "PlaceRules"),),
}


def explained(room: str, name: str) -> list[tuple[str, Any, str]]:
    """Return name, value and docstring of every rule of a class, in its order."""
    module = importlib.import_module(f"diffrendergan.{room}.rules")
    values = getattr(module, name)()
    tree = ast.parse((ROOT / f"src/diffrendergan/{room.replace('.', '/')}/rules.py").read_text(encoding="utf-8"))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    rows = []
    for place, node in enumerate(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            after = body[place + 1] if place + 1 < len(body) else None
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            words = " ".join(str(after.value.value).split()) if told else ""
            rows.append((node.target.id, getattr(values, node.target.id), words))
    return rows


def table(room: str, name: str) -> str:
    """Return the rules of a class as a table in Markdown, between marks by which it is found again."""
    lines = [f"<!-- {room}.{name} -->", "", "| rule | value | what it decides, and where the number comes from |",
             "|---|---|---|"]  # fmt: skip
    lines += [f"| `{rule}` | {_plain(value)} | {words} |" for rule, value, words in explained(room, name)]
    return "\n".join([*lines, "", f"<!-- end of {room}.{name} -->"])


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return f"{value:.3g}"


def written(text: str, room: str, name: str) -> str:
    """Return a page with the table in place of the old one."""
    mark = f"<!-- {room}.{name} -->.*?<!-- end of {room}.{name} -->"
    return re.sub(mark, lambda _: table(room, name), text, flags=re.DOTALL)


if __name__ == "__main__":
    for page, classes in TABLES.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for room, name in classes:
            text = written(text, room, name)
        (ROOT / page).write_text(text, encoding="utf-8")
