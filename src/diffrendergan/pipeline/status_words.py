"""How a run stands, in sentences."""

from __future__ import annotations

from diffrendergan.pipeline.status import RunStatus, StageState
from diffrendergan.runs.words import duration, number

_HEADS = {
    "not begun": "has not begun",
    "running": "is going on",
    "stalled": "has stalled",
    "finished": "is finished",
    "failed": "failed",
    "interrupted": "was interrupted; the same command goes on",
    "killed": "was killed, or its machine went down; the same command goes on",
    "unfinished": "is not finished",
}


def told(status: RunStatus) -> list[str]:
    """Return how a run stands, a line each: the whole, the stage under way, all stages, warnings."""
    lines = [f"{status.run} {_HEADS[status.state]}" + (f": {status.error}" if status.error else ".")]
    if status.stage:
        lines.append(_under_way(status))
    lines += [f"  {_stage(stage)}" for stage in status.stages]
    lines += [f"warning: {sentence}" for sentence in status.warnings]
    return lines


def _under_way(status: RunStatus) -> str:
    going = status.state in ("running", "stalled")
    parts = [f"{'now' if going else 'it ended in'} {status.stage}"]
    parts += [str(track) for track in status.progress]
    if status.left_s is not None:
        parts.append(f"about {duration(status.left_s)} left of it")
    if status.figures:
        parts.append(", ".join(f"{name} {number(value)}" for name, value in status.figures.items()))
    if status.rss_mb is not None:
        parts.append(f"{status.rss_mb:,.0f} MB of memory")
    if status.idle_s is not None and (status.state == "stalled" or status.idle_s >= 10):
        parts.append(f"nothing has moved for {duration(status.idle_s)}")
    if status.silent:
        parts.append("no sign of life: it hangs in a library or waits for a disk")
    if status.where:
        parts.append(status.where)
    return " · ".join(parts)


def _stage(stage: StageState) -> str:
    took = "" if stage.seconds is None else f", {duration(stage.seconds)}"
    memory = "" if stage.peak_rss_mb is None else f", at most {stage.peak_rss_mb:,.0f} MB"
    often = f", in {stage.sessions} sessions" if stage.sessions > 1 else ""
    return f"{stage.name}: {stage.status}{took}{memory}{often}"
