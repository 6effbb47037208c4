"""What a run folder tells while the run goes on: its stages, curves and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.pipeline.records import DONE, STARTED
from diffrendergan.pipeline.stages import stages_of
from diffrendergan.pipeline.timing import read_timings
from diffrendergan.runs.atomic import read_json
from diffrendergan.studio.workspace import Workspace

StageStatus = Literal["waiting", "begun", "finished"]
PICTURES = (
    "prepare/patches.png", "fit/fit.png", "train/samples/*.png", "select/*.png", "synthesize/library/library.png",
    "judge/overlays/*.png", "evaluate/overlays/*/watershed/*.png",
)  # fmt: skip
"""Pictures of a run that say how it goes, in the order of the stages."""
LATEST = 4
"""Of many pictures of one kind so many are shown, the latest."""


@dataclass(frozen=True)
class StageState:
    """A stage of a run."""

    name: str
    status: StageStatus
    seconds: float | None


def run_folders(space: Workspace) -> Mapping[str, Path]:
    """Return the run folders of a studio's folder by their names, the whole one first."""
    every = (space.measured / "run", space.measured / "quick-run", space.folder / "run")
    return {str(folder.relative_to(space.folder)): folder for folder in every if (folder / RUN_CONFIG).is_file()}


def stage_states(run: Path) -> list[StageState]:
    """Return the stages of a run and how they stand.

    Raises
    ------
    UserError
        If its configuration cannot be read.
    """
    timings = read_timings(run)
    states = []
    for stage in stages_of(load_project(run / RUN_CONFIG)):
        place = run / stage.name
        status: StageStatus = (
            "finished" if (place / DONE).is_file() else "begun" if (place / STARTED).is_file() else "waiting"
        )
        states.append(StageState(stage.name, status, timings.get(stage.name, {}).get("seconds")))
    return states


def curves(run: Path) -> dict[str, list[tuple[float, float]]]:
    """Return what is known of losses and distances so far, by name: (step or epoch, value)."""
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


def pictures(run: Path) -> list[Path]:
    """Return the pictures that say how a run goes, those of each kind newest last."""
    found: list[Path] = []
    for pattern in PICTURES:
        found += sorted(run.glob(pattern))[-LATEST:]
    return found


def network_of(space: Workspace) -> Path | None:
    """Return the run folder whose network is finished, the whole one first; None if there is none."""
    for folder in run_folders(space).values():
        if (folder / "segment" / DONE).is_file():
            return folder
    return None


def prepared_run(space: Workspace) -> Path | None:
    """Return a run folder in which `prepare` is finished, one with a fit first; None if there is none."""
    ready = [folder for folder in run_folders(space).values() if (folder / "prepare" / DONE).is_file()]
    fitted = [folder for folder in ready if (folder / "fit" / DONE).is_file()]
    return next(iter([*fitted, *ready]), None)


def verdict_of(run: Path) -> tuple[str, list[str]] | None:
    """Return the judgement of a run and what is wrong with it; None before it was judged."""
    from diffrendergan.judging.verdict import read_verdict

    try:
        verdict = read_verdict(run)
    except UserError:
        return None
    return None if verdict is None else (verdict.headline, verdict.sentences)


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
            found.append(dict(json.loads(line)))
        except ValueError:
            continue
    return found
