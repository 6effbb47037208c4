"""Parts that several tabs show."""

from __future__ import annotations

from typing import Any

from diffrendergan.runs.words import duration
from diffrendergan.studio import flow
from diffrendergan.studio.jobs import Job
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.page import Page

ICONS = {
    "running": "hourglass_top", "finished": "check_circle", "stopped": "pause_circle", "failed": "error",
    "killed": "error",
}  # fmt: skip
TITLES = {
    flow.FIRST_LOOK: "First look, by the packaged generalist",
    flow.INIT: "What is it? (init)",
    flow.QUICK: "A network for these scans, quick",
    flow.WHOLE: "A network for these scans, whole run",
    flow.FIT: "Fit the look",
    flow.RUN: "Run of the project file",
    flow.CORRECT: "Learn from corrections",
    flow.AGAIN: "Measure with the corrected network",
    flow.FINAL: "Measure with corrections",
    flow.FIGURES: "Figures and data sheet",
}
WORDS = {
    "running": "going on", "finished": "finished", "stopped": "stopped; the same command goes on",
    "failed": "failed", "killed": "its process was killed; the same command goes on",
}  # fmt: skip


def job_line(page: Page, job: Job) -> None:
    """Show how a job stands, its progress while it goes on, and why it failed if it did."""
    status = job.status()
    bad = status in ("failed", "killed")
    with ui.row().classes("items-center w-full no-wrap").style("gap: 8px"):
        ui.icon(ICONS[status], size="sm", color="negative" if bad else "primary" if status == "running" else "positive")
        ui.label(f"{title_of(job)}: {WORDS[status]}").mark(f"job-{job.kind}-{status}")
        if status == "running":
            told = ui.label(progress_words(job)).classes("muted")
            page.ticks.append(lambda: told.set_text(progress_words(job)) if not told.is_deleted else None)
            ui.button("Stop", on_click=job.stop).props("flat dense no-caps")
    if bad and (said := job.said()):
        ui.label(said).classes("doubt")


def title_of(job: Job) -> str:
    """Return what a job is for, as the page says it."""
    return TITLES.get(job.kind, job.kind)


def progress_words(job: Job) -> str:
    """Return how far a job is, in words."""
    words = []
    for track in job.progress():
        done = f"{track.done}/{track.total}" if track.total else str(track.done)
        left = f", about {duration(track.left_s)} left" if track.left_s is not None else ""
        words.append(f"{track.description} {done}{left}")
    return " · ".join(words)


def say(entry: Any, problem: str) -> None:
    """Say beside a field what is wrong with it; nothing if nothing is."""
    entry.props["error"], entry.props["error-message"] = bool(problem), problem
    entry.update()
