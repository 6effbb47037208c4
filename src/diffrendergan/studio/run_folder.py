"""Run folders of a studio: which there are, what can be used of them, their pictures and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from diffrendergan.config.load import RUN_CONFIG
from diffrendergan.errors import UserError
from diffrendergan.pipeline.records import DONE
from diffrendergan.studio.workspace import Workspace

PICTURES = (
    "prepare/patches.png", "fit/fit.png", "train/samples/*.png", "select/*.png", "synthesize/library/library.png",
    "judge/overlays/*.png", "evaluate/overlays/*/watershed/*.png",
)  # fmt: skip
"""Pictures of a run that say how it goes, in the order of the stages."""
LATEST = 4
"""Of many pictures of one kind so many are shown, the latest."""


def run_folders(space: Workspace) -> Mapping[str, Path]:
    """Return the run folders of a studio's folder by their names, the whole one first."""
    every = (space.measured / "run", space.measured / "quick-run", space.folder / "run")
    return {str(folder.relative_to(space.folder)): folder for folder in every if (folder / RUN_CONFIG).is_file()}


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
