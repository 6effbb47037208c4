"""What has to be done for each stage, and why."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from diffrendergan.config.project import Project
from diffrendergan.pipeline.records import (
    DONE,
    STARTED,
    StageRecord,
    as_recorded,
    differences,
    in_words,
    read_record,
    with_sticky_flags,
)
from diffrendergan.pipeline.stage import Stage, config_part
from diffrendergan.runs.lock import others_in
from diffrendergan.runs.provenance import fingerprints
from diffrendergan.runs.words import rough_duration

REPLACED = ".replaced"
"""Folder of finished results whose replacement is not finished."""
WORTH_A_WARNING_S = 86400.0
"""Trainings that take longer are warned of [s]."""

Kind = Literal["done", "restore", "continue", "new", "redo"]


@dataclass(frozen=True)
class Decision:
    """What has to be done for a stage.

    Attributes
    ----------
    kind : str
        `done`: nothing. `restore`: finished results put aside fit again. `continue`: go on with what is there.
        `new`: nothing is there. `redo`: what is there does not fit and goes.
    reason : str
        Why, in words; empty where it needs none.
    record : StageRecord
        What the stage's results will depend on.
    """

    stage: Stage
    kind: Kind
    reason: str
    record: StageRecord

    @property
    def works(self) -> bool:
        """Whether the stage runs."""
        return self.kind not in ("done", "restore")


def decide(
    stage: Stage,
    project: Project,
    folder: Path,
    tokens: Mapping[str, str],
    flags: Mapping[str, bool],
    later: Sequence[Stage] = (),
) -> Decision:
    """Compare what is in a stage's folder with what is wanted.

    Parameters
    ----------
    stage : Stage
        The stage.
    project : Project
        The configuration.
    folder : Path
        The run folder.
    tokens : mapping
        Fingerprints of the finished results upstream.
    flags : mapping
        Options such as ``with_real``.
    later : sequence of Stage
        The stages after it.
    """
    place, aside = folder / stage.name, folder / REPLACED / stage.name
    done, started, old = read_record(place / DONE), read_record(place / STARTED), read_record(aside / DONE)
    inputs = fingerprints(stage.inputs(project)) if stage.inputs is not None else {}
    upstream = {name: tokens[name] for name in stage.upstream}
    wanted = StageRecord(config_part(stage, project, flags), inputs, upstream)
    missing = [name for name in stage.outputs if not (folder / name).exists()]
    for kind, record in (("done", done), ("restore", old)):
        sticky = with_sticky_flags(stage, wanted, record)
        if record is not None and not missing and not differences(stage, record, sticky):
            return Decision(stage, kind, "", as_recorded(sticky, record))  # type: ignore[arg-type]
    present = done or started
    if present is not None:
        reached = {} if done is not None or stage.reached is None else stage.reached(place)
        found = differences(stage, present, with_sticky_flags(stage, wanted, present), reached)
        if not any(difference.fatal for difference in found):
            wanted = with_sticky_flags(stage, wanted, present)
            reason = in_words(found) or (f"{missing[0]} is missing" if done is not None else "")
            return Decision(stage, "continue", reason, as_recorded(wanted, present))
        return Decision(stage, "redo", in_words([difference for difference in found if difference.fatal]), wanted)
    if _has_content(place):
        return Decision(stage, "redo", "its folder has no valid record", replace(wanted, salt=_salt()))
    # Results that others were made from are gone: what comes may differ from them, so they follow.
    lost = any(_depends(folder / after.name, stage.name) for after in later)
    return Decision(stage, "new", "its results are gone" if lost else "", replace(wanted, salt=_salt() if lost else ""))


def forced(decision: Decision, folder: Path) -> Decision:
    """Return the decision to do a stage again though nothing changed.

    One that was asked for before and interrupted goes on, as long as it still fits.
    """
    if decision.kind == "new":
        return decision
    stage, place = decision.stage, folder / decision.stage.name
    started = None if (place / DONE).exists() else read_record(place / STARTED)
    if started is not None and started.salt:
        reached = {} if stage.reached is None else stage.reached(place)
        if not any(difference.fatal for difference in differences(stage, started, decision.record, reached)):
            return replace(decision, kind="continue", reason="", record=replace(decision.record, salt=started.salt))
    return replace(decision, kind="redo", reason="asked for", record=replace(decision.record, salt=_salt()))


def plan(
    stages: Sequence[Stage], project: Project, flags: Mapping[str, bool], redo: str | None = None
) -> list[Decision]:
    """Say what a run would do, without doing anything.

    The stages after one that works are shown as what they will be: done again. Where networks would take days, the
    reason of their stage is a warning, too.
    """
    tokens: dict[str, str] = {}
    decisions: list[Decision] = []
    for index, stage in enumerate(stages):
        decision = decide(stage, project, project.run, tokens, flags, stages[index + 1 :])
        if stage.name == redo:
            decision = forced(decision, project.run)
        trains = stage.name == "segment" or (stage.name == "evaluate" and flags.get("with_real", False))
        decisions.append(_warned(decision, project) if trains else decision)
        tokens[stage.name] = decision.record.token(stage)
    return decisions


def training_warning(project: Project, networks: int) -> str:
    """Say how long segmentation networks take without a GPU, and what to set; empty if they are done within a day.

    Parameters
    ----------
    project : Project
        The configuration.
    networks : int
        How many are trained. Folds of nnU-Net are no networks of their own.
    """
    if project.segmentation.network != "nnunet" or not networks:
        return ""
    from diffrendergan.segmentation.nnunet.cost import cpu_seconds  # may ask PyTorch for a GPU, which takes seconds

    seconds = cpu_seconds(project)
    if seconds is None or networks * seconds < WORTH_A_WARNING_S:
        return ""
    config = project.segmentation.nnunet
    each = f"each of the {networks} networks" if networks > 1 else "the network"
    return (
        f"without a GPU, nnU-Net takes {rough_duration(seconds)} of one core for {each} ({config.epochs} epochs of "
        f"{config.iterations_per_epoch} iterations); set segmentation.nnunet.epochs, iterations_per_epoch, "
        "batch_size and patch_size for a CPU, as docs/nnunet.md shows, or train on a GPU"
    )


def _warned(decision: Decision, project: Project) -> Decision:
    """Return the decision to train the networks of a project, with a warning if that takes days."""
    warning = training_warning(project, len(project.evaluation.seeds)) if decision.works else ""
    if not warning:
        return decision
    return replace(decision, reason="; ".join(part for part in (decision.reason, f"warning: {warning}") if part))


def _salt() -> str:
    return secrets.token_hex(8)


def _has_content(place: Path) -> bool:
    return place.is_dir() and any(others_in(place))


def _depends(place: Path, name: str) -> bool:
    record = read_record(place / DONE) or read_record(place / STARTED)
    return record is not None and name in record.upstream
