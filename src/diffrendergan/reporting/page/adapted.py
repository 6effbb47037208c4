"""What the report says of networks that were adapted to the scans."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.reporting.page.results import broken
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.words import percent, plural


def adapted_sentences(project: Project, folder: Path) -> list[str]:
    """Return a sentence for each network of a run that was adapted, and one if held-out scans were seen.

    Raises
    ------
    RunFolderError
        If a history is broken.
    """
    if not project.segmentation.adapt.acts:
        return []
    sentences = []
    for seed in project.evaluation.seeds:
        path = folder / "segment" / f"seed_{seed}" / "adapted" / "history.json"
        if path.exists():
            sentences.append(_sentence(path, seed))
    if sentences and project.segmentation.adapt.scans == "all":
        sentences.append(
            "The held-out scans were among those that the networks were adapted to, without their masks "
            "(segmentation.adapt.scans: all): their scores are not those of scans that a network has never seen."
        )
    return sentences


def _sentence(path: Path, seed: int) -> str:
    history = read_json(path)
    try:
        scans = plural(len(history["names"]), "scan")
        if not history["kept"]:
            reason = history["reason"]
            return f"Seed {seed} was not adapted to {scans}, and stays as it was trained: {reason}."
        first, last = history["records"][0], history["records"][-1]
        shares = [percent(record["foreground"]) for record in (first, last)]
        counts = [f"{record['particles']:.0f}" for record in (first, last)]
        return (
            f"Seed {seed} was adapted to {scans} without their masks, in {plural(int(last['step']), 'step')}: the "
            f"foreground in crops of them went from {shares[0]} to {shares[1]}, the number of particles from "
            f"{counts[0]} to {counts[1]}."
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise broken(path, f"{type(error).__name__}: {error}") from error
