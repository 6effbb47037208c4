"""How a run stands: its stages, how far it is, since when nothing moved, how it ended."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.config.run_folder import check_run_folder
from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.judging.verdict import read_verdict
from diffrendergan.pipeline.curves import latest_figures
from diffrendergan.pipeline.records import DONE, STARTED
from diffrendergan.pipeline.stages import stages_of
from diffrendergan.pipeline.timing import read_timings
from diffrendergan.quantification.results import read_warnings
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.lock import is_locked
from diffrendergan.runs.observation import PROGRESS
from diffrendergan.runs.progress import Progress, is_number, progress_in
from diffrendergan.runs.rules import LOG_RULES
from diffrendergan.runs.run_log import last_session

StageStatus = Literal["waiting", "begun", "finished"]
RunState = Literal["not begun", "running", "stalled", "finished", "failed", "interrupted", "killed", "unfinished"]
WARNING = "warning: "

LIVE_NUMBERS = ("alive", "moved", "patience_s")
"""What the file of progress says in numbers; one that does not is not read."""


@dataclass(frozen=True)
class StageState:
    """A stage of a run."""

    name: str
    status: StageStatus
    seconds: float | None
    """That it took so far, in all sessions."""
    peak_rss_mb: float | None = None
    """The most memory that it took."""
    sessions: int = 0
    """How often it was begun or went on."""


@dataclass(frozen=True)
class RunStatus:
    """How a run stands."""

    run: Path
    state: RunState
    stages: tuple[StageState, ...]
    stage: str = ""
    """Which one is under way, or where it ended; empty between stages."""
    progress: tuple[Progress, ...] = ()
    """Of the loops that are going on, the outermost first."""
    left_s: float | None = None
    """Of the stage's loops, the first of which the pace is known [s]; None before."""
    idle_s: float | None = None
    """Since when nothing moved [s]; None where nothing is going on."""
    where: str = ""
    """Of a run that has stalled: the function that it is in."""
    silent: bool = False
    """A run that has stalled gives no sign of life at all."""
    since: str = ""
    """When its last session began, in UTC."""
    error: str = ""
    """Why it failed."""
    figures: Mapping[str, float] | None = None
    """Latest losses and distances of the stage."""
    rss_mb: float | None = None
    """Memory that it takes now."""
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {**asdict(self), "run": str(self.run), "figures": dict(self.figures or {})}


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
        place, took = run / stage.name, timings.get(stage.name, {})
        status: StageStatus = (
            "finished" if (place / DONE).is_file() else "begun" if (place / STARTED).is_file() else "waiting"
        )
        states.append(
            StageState(stage.name, status, took.get("seconds"), took.get("peak_rss_mb"), took.get("sessions", 0))
        )
    return states


def status_of(run: Path, now: float | None = None) -> RunStatus:
    """Return how a run stands.

    Parameters
    ----------
    run : Path
        The run folder, of a run that is going on or not.
    now : float, optional
        The time [s since 1970].

    Raises
    ------
    RunFolderError
        If it is no run folder.
    """
    check_run_folder(run)
    now = time.time() if now is None else now
    stages, events = tuple(stage_states(run)), last_session(run)
    live = _live(run)
    alive_s = now - float(live.get("alive", 0))
    ended = events[-1] if events and events[-1].get("event") == "ends" else None
    held = is_locked(run)
    going = ended is None and (held if held is not None else alive_s < LOG_RULES.silent_s)
    stage = _stage_of(events)
    common: dict[str, Any] = {
        "run": run, "stages": stages, "stage": stage, "since": str(events[0].get("time", "")) if events else "",
        "figures": latest_figures(run, stage) if stage else None, "warnings": tuple(_warnings(run, events)),
    }  # fmt: skip
    if not going or not live:
        state = "running" if going else _end_state(stages, events, ended)
        return RunStatus(**common, state=state, error=str((ended or {}).get("error", "")))
    memory = live.get("rss_mb") if is_number(live.get("rss_mb")) else None
    tracks, idle = tuple(progress_in(live)), max(0.0, now - float(live.get("moved", now)))
    silent = alive_s > LOG_RULES.silent_s
    stalled = silent or idle > float(live.get("patience_s", LOG_RULES.stall_s))
    left = next((track.left_s for track in tracks if track.left_s is not None), None)
    return RunStatus(
        **common, state="stalled" if stalled else "running", progress=tracks, left_s=left, idle_s=idle,
        where=str(live.get("where", "")) if stalled else "", silent=silent, rss_mb=memory,
    )  # fmt: skip


def _live(run: Path) -> Mapping[str, Any]:
    try:
        values = read_json(run / PROGRESS)
    except RunFolderError:
        return {}
    return values if isinstance(values, dict) and all(map(is_number, map(values.get, LIVE_NUMBERS))) else {}


def _stage_of(events: Sequence[Mapping[str, Any]]) -> str:
    """Return the stage that was begun and not ended."""
    for event in reversed(events):
        if event.get("event") in ("stage begins", "stage ends"):
            return str(event.get("stage", "")) if event["event"] == "stage begins" else ""
    return ""


def _end_state(
    stages: Sequence[StageState], events: Sequence[Mapping[str, Any]], ended: Mapping[str, Any] | None
) -> RunState:
    if ended is not None and ended.get("how") in ("failed", "interrupted"):
        return "failed" if ended["how"] == "failed" else "interrupted"
    if all(stage.status == "finished" for stage in stages):
        return "finished"
    if ended is None and events:
        return "killed"
    return "unfinished" if any(stage.status != "waiting" for stage in stages) else "not begun"


def _warnings(run: Path, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what was warned of in the last session, and what the results themselves warn of."""
    texts = (str(event.get("text", "")) for event in events if event.get("event") == "note")
    found = [text.removeprefix(WARNING) for text in texts if text.startswith(WARNING)]
    for event in events:
        if event.get("event") == "stalls":
            idle = event.get("for_s")
            long = f" for {idle:.0f} s" if is_number(idle) else ""
            found.append(f"nothing moved{long} in {event.get('stage')} ({event.get('on')})")
    for read in (_verdict, lambda folder: read_warnings(folder / "quantify")):
        try:
            found += [sentence for sentence in read(run) if sentence not in found]
        except (UserError, KeyError, TypeError):
            continue
    return found


def _verdict(run: Path) -> Sequence[str]:
    verdict = read_verdict(run)
    return () if verdict is None else verdict.sentences
