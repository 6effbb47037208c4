"""Running the stages that need it, so that a kill at any moment leaves a folder that continues."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from diffrendergan.config.load import RUN_CONFIG
from diffrendergan.config.project import Project
from diffrendergan.config.words import one_of
from diffrendergan.errors import (
    ConfigError,
    DataError,
    MissingDependencyError,
    PlacementError,
    UserError,
)
from diffrendergan.pipeline.curves import latest_figures
from diffrendergan.pipeline.folder import ENVIRONMENT, check_folder, open_folder
from diffrendergan.pipeline.inputs import check_inputs
from diffrendergan.pipeline.plan import REPLACED, Decision, decide, forced, plan
from diffrendergan.pipeline.records import DONE, STARTED, write_done, write_started
from diffrendergan.pipeline.stage import Stage
from diffrendergan.pipeline.stages import FIT, STAGES, stages_of, with_upstream
from diffrendergan.pipeline.timing import TIMINGS, timed
from diffrendergan.rendering.choice import chosen_renderer, particle_materials
from diffrendergan.runs.atomic import explain_os_error, full_disk, remove_partial_files
from diffrendergan.runs.observation import Observation, observed
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import SEAL, require_whole, seal_files
from diffrendergan.runs.words import duration

_WRONG_INPUT = (ConfigError, DataError, PlacementError, MissingDependencyError)
"""Errors after which a stage's new folder holds nothing worth keeping."""


@dataclass(frozen=True)
class Asked:
    """What a run was asked for.

    Attributes
    ----------
    target : str or None
        The last stage to run, with those it needs; None for all.
    force : bool
        Use a run folder that another project made.
    redo : bool
        Run the target though it is finished.
    flags : mapping
        Options of stages, such as ``{"with_real": True}``.
    """

    target: str | None = None
    force: bool = False
    redo: bool = False
    flags: Mapping[str, bool] = field(default_factory=dict)


def plan_project(project: Project, asked: Asked | None = None, stages: Sequence[Stage] | None = None) -> list[Decision]:
    """Return what `run_project` would do, without writing anything.

    Parameters and errors are those of `run_project`.
    """
    asked = asked or Asked()
    chosen = _chosen(project, asked, stages or stages_of(project))
    check_folder(project, asked.force)
    return plan(chosen, project, asked.flags, asked.target if asked.redo else None)


def is_finished(project: Project, stage: str) -> bool:
    """Tell whether a stage's results are there and fit the configuration; False too if that cannot be told."""
    try:
        return plan_project(project, Asked(stage))[-1].kind == "done"
    except UserError:
        return False


def _chosen(project: Project, asked: Asked, stages: Sequence[Stage]) -> list[Stage]:
    """Return the stages that were asked for, after making sure that their inputs are there."""
    if asked.target is not None and asked.target not in {stage.name for stage in stages}:
        if asked.target not in {stage.name for stage in (*STAGES, FIT)}:
            known = one_of(asked.target, [stage.name for stage in stages])
            raise ConfigError(f"there is no stage {asked.target!r}; it takes {known}.")
        raise ConfigError(f"there is nothing to {asked.target}: {project.generator.instead}.")
    chosen = with_upstream(stages, asked.target)
    check_inputs(project, any(stage.name == "prepare" for stage in chosen))
    # What would only be found when training starts, after the scans have been prepared.
    chosen_renderer(project.rendering)
    particle_materials(project.rendering, project.particles.count)
    return chosen


def run_project(
    project: Project,
    reporter: Reporter,
    asked: Asked | None = None,
    stages: Sequence[Stage] | None = None,
) -> list[Decision]:
    """Run the stages that are not finished, or whose results no longer fit the configuration.

    Parameters
    ----------
    project : Project
        The configuration.
    reporter : Reporter
        Shows progress.
    asked : Asked, optional
        Which stages, and how; by default all that need it.
    stages : sequence of Stage, optional
        The table of stages, by default those of the project.

    Returns
    -------
    list of Decision
        What was done for each stage.

    Raises
    ------
    UserError
        If a stage or an input fails; finished stages stay as they are.
    """
    asked = asked or Asked()
    every = list(stages or stages_of(project))
    chosen = _chosen(project, asked, every)
    decisions: list[Decision] = []
    tokens: dict[str, str] = {}
    known: set[str] = set()
    with (
        open_folder(project, asked.force) as folder,
        observed(folder, reporter, [each.name for each in chosen], partial(latest_figures, folder)) as seen,
    ):
        for stage in chosen:
            later = every[every.index(stage) + 1 :]
            decision = decide(stage, project, folder, tokens, asked.flags, later)
            if asked.redo and stage.name == asked.target:
                decision = forced(decision, folder)
            decisions.append(decision)
            _perform(decision, project, folder, seen, known)
            tokens[stage.name] = decision.record.token(stage)
        seal_files(folder, [RUN_CONFIG, ENVIRONMENT, TIMINGS, *(name for stage in every for name in stage.outputs)])
    return decisions


def _perform(decision: Decision, project: Project, folder: Path, seen: Observation, known: set[str]) -> None:
    """Do what was decided; `known` are the stages whose results have been read and are whole."""
    stage, place = decision.stage, folder / decision.stage.name
    try:
        if decision.kind == "done":
            require_whole(place, _remedy(stage.name), whole=False)
            with suppress(OSError):  # a marker that a kill left; a disk that is read only may keep it
                (place / STARTED).unlink(missing_ok=True)
            _drop_replaced(folder, stage)
            seen.say(f"{stage.name}: finished before")
        elif decision.kind == "restore":
            _restore(folder, stage)
            seen.note(f"{stage.name}: earlier results fit again and are back")
        else:
            _work(decision, project, folder, seen, known)
    except _WRONG_INPUT:
        if decision.kind in ("new", "redo"):
            _give_up(folder, stage)
        raise
    except UserError:
        raise
    except Exception as error:
        if (full := full_disk(error)) is not None:
            raise explain_os_error(full, place) from error
        raise


def _work(decision: Decision, project: Project, folder: Path, seen: Observation, known: set[str]) -> None:
    stage, place = decision.stage, folder / decision.stage.name
    function = stage.load()  # first: a library that cannot be imported must cost no results
    for name in stage.upstream:
        if name not in known:
            require_whole(folder / name, _remedy(name))
            known.add(name)
    seen.say(f"{stage.name}: {_announcement(decision)}")
    if decision.kind == "redo":
        _put_aside(folder, stage)
    elif decision.kind == "continue":
        remove_partial_files(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / SEAL).unlink(missing_ok=True)
    write_started(place, stage, decision.record)
    flags = {name: bool(decision.record.config[name]) for name in stage.flags}
    with seen.stage(stage.name, decision.kind, decision.reason) as told:
        with timed(folder, stage.name, fresh=decision.kind != "continue") as watch:
            function(project, folder, seen, **flags)
        told |= {"seconds": round(watch.seconds, 3), "peak_rss_mb": watch.peak_rss_mb}
    known.add(stage.name)
    write_done(place, stage, decision.record, watch.seconds)
    _drop_replaced(folder, stage)
    seen.say(f"{stage.name}: finished in {duration(watch.seconds)}")


def _remedy(stage: str) -> str:
    return f"make them again by `diffrendergan {stage} PROJECT --redo`"


def _announcement(decision: Decision) -> str:
    words = {"new": "starts", "continue": "continues", "redo": "starts anew"}[decision.kind]
    return f"{words}: {decision.reason}" if decision.reason else words


def _put_aside(folder: Path, stage: Stage) -> None:
    """Clear a stage's folder; finished results wait until their replacement is finished too."""
    place, aside = folder / stage.name, folder / REPLACED / stage.name
    if (place / DONE).is_file():
        (place / STARTED).unlink(missing_ok=True)
        _remove(aside)
        aside.parent.mkdir(exist_ok=True)
        place.rename(aside)
    else:
        _remove(place)


def _restore(folder: Path, stage: Stage) -> None:
    place = folder / stage.name
    _remove(place)
    (folder / REPLACED / stage.name).rename(place)
    _drop_replaced(folder, stage)


def _drop_replaced(folder: Path, stage: Stage) -> None:
    """Remove results that were put aside, once what replaces them is finished."""
    _remove(folder / REPLACED / stage.name)
    with suppress(OSError):
        (folder / REPLACED).rmdir()


def _give_up(folder: Path, stage: Stage) -> None:
    """Put the earlier results back, if there are any, after an input turned out wrong."""
    if (folder / REPLACED / stage.name / DONE).is_file():
        with suppress(OSError):
            _restore(folder, stage)


def _remove(place: Path) -> None:
    """Remove a folder so that a kill half-way leaves none that looks finished."""
    if place.is_dir():
        for marker in (DONE, STARTED):
            (place / marker).unlink(missing_ok=True)
        shutil.rmtree(place)
