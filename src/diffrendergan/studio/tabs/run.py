"""*Run*: a network of one's own: jobs, stages, curves and pictures as they come."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any
from urllib.parse import quote

from diffrendergan.errors import UserError
from diffrendergan.pipeline.curves import curves
from diffrendergan.pipeline.status import stage_states
from diffrendergan.runs.words import duration
from diffrendergan.studio import flow, jobs
from diffrendergan.studio.charts import curve_options
from diffrendergan.studio.jobs import Job
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.page import Page
from diffrendergan.studio.parts import TITLES, job_line
from diffrendergan.studio.run_folder import network_of, pictures, run_folders, verdict_of
from diffrendergan.studio.scan_words import changed_at

ICONS = {"finished": "check_circle", "begun": "hourglass_top", "waiting": "radio_button_unchecked"}
COLOURS = {"finished": "positive", "begun": "primary", "waiting": "grey"}


def build_run(page: Page) -> None:
    """Build the tab."""
    with ui.row().classes("w-full items-start no-wrap-md").style("gap: 16px"):
        with ui.column().style("flex: 2; min-width: 340px; gap: 12px"):
            _starts(page)
            running = ui.column().classes("w-full").style("gap: 6px")
            log = ui.element("div").classes("log").props("tabindex=0 aria-label='What the last job says'").mark("log")
            log.set_visibility(False)
        told = ui.column().style("flex: 3; min-width: 340px; gap: 12px")
    seen: dict[str, object] = {}

    def tick() -> None:
        every = jobs.all_jobs(page.space.jobs)
        state = tuple((job.name, job.status()) for job in every)
        if state != seen.get("jobs"):
            seen["jobs"] = state
            running.clear()
            with running:
                for job in reversed(_latest_of_each(every)):
                    _job(page, job)
        if every:
            lines = every[-1].log()[-80:]
            if lines != seen.get("log"):
                seen["log"] = lines
                log.set_visibility(bool(lines))
                log.clear()
                with log:
                    ui.html(html.escape("\n".join(lines)), sanitize=False)
        run = _shown_run(page)
        stamp = _has_begun(every) if run is None else (run, _stamp(run))
        if stamp != seen.get("run", 0):
            seen["run"] = stamp
            told.clear()
            with told:
                _tell(page, run, _has_begun(every))

    page.ticks.append(tick)
    tick()


def _starts(page: Page) -> None:
    """Build the buttons that start something."""
    space = page.space

    def start(function: Any, *given: Any) -> None:
        try:
            job = function(space, *given)
            ui.notify(f"{TITLES[job.kind]} goes on in a process of its own; the page may be closed.")
        except (UserError, OSError) as error:
            ui.notify(str(error), type="negative", multi_line=True, timeout=8000)

    with ui.card().classes("w-full"):
        ui.label("A network of your own").classes("section")
        ui.label(
            "Synthetic images of your particles are made by what init found, and a network is trained on them. The "
            "quick one takes minutes and is less exact; a verdict says how far to trust it."
        ).classes("muted")
        with ui.row():
            ui.button("Quick (minutes)", icon="bolt", on_click=lambda: start(flow.start_measure, True)).mark("quick")
            ui.button("Whole run (an hour or two)", icon="model_training", on_click=lambda: start(
                flow.start_measure, False)).props("outline").mark("whole")  # fmt: skip
        with ui.expansion("More", icon="tune").classes("w-full"), ui.column():
            ui.label("Corrected outlines teach the network; those of this folder:").classes("muted")
            with ui.row():
                ui.button("Learn from corrections", on_click=lambda: start(_correct)).props("outline no-caps")
                ui.button("Measure with it", on_click=lambda: start(flow.start_again)).props("outline no-caps")
            ui.label("The stages of project.yaml alone, without measuring the scans:").classes("muted")
            with ui.row():
                ui.button("Fit the look", on_click=lambda: start(flow.start_stage, flow.FIT)).props("outline no-caps")
                ui.button("Run all stages", on_click=lambda: start(flow.start_stage, flow.RUN)).props("outline no-caps")


def _correct(space: Any) -> Job:
    return flow.start_correct(space, network_of(space))


def _latest_of_each(every: list[Job]) -> list[Job]:
    """Return the last job of each kind, in the order in which they were started."""
    return list({job.kind: job for job in every}.values())


def _job(page: Page, job: Job) -> None:
    with ui.card().classes("w-full q-pa-sm").style("gap: 2px"):
        job_line(page, job)
        if job.status() in ("stopped", "killed", "failed"):

            def resume() -> None:
                jobs.start(page.space.jobs, job.kind, job.arguments, job.about)

            ui.button("Go on" if job.status() != "failed" else "Try again", icon="play_arrow", on_click=resume).props(
                "flat dense no-caps"
            ).mark(f"resume-{job.kind}")


def _shown_run(page: Page) -> Path | None:
    """Return the run folder that was worked in last."""
    return max(run_folders(page.space).values(), key=_stamp, default=None)


def _stamp(run: Path) -> int:
    """Return when something of a run was last finished, begun or drawn."""
    markers = [*run.glob("*/done.json"), *run.glob("*/started.json"), run / "train" / "history.jsonl", *pictures(run)]
    return max(changed_at(path) for path in [*markers, run / "timings.json", *run.glob("segment/*/history.json")])


def _has_begun(every: list[Job]) -> bool:
    """Tell whether a network is being made of which no stage has begun."""
    return any(job.kind in (flow.QUICK, flow.WHOLE, flow.FIT, flow.RUN) and job.status() == "running" for job in every)


def _tell(page: Page, run: Path | None, begun: bool) -> None:
    if run is None:
        said = "Arrangements are fitted to the scans first (calibrate); then stages are seen here, one after the other."
        none = "No run yet. What it does will be seen here, stage by stage."
        ui.label(said if begun else none).classes("muted")
        return
    where = run.relative_to(page.space.folder)
    with ui.card().classes("w-full"):
        ui.label(f"Stages of {where}").classes("section")
        with ui.row().style("gap: 14px"):
            for stage in stage_states(run):
                with ui.row().classes("items-center no-wrap").style("gap: 4px"):
                    ui.icon(ICONS[stage.status], color=COLOURS[stage.status], size="sm")
                    took = f" ({duration(stage.seconds)})" if stage.seconds is not None else ""
                    ui.label(f"{stage.name}{took}")
        verdict = verdict_of(run)
        if verdict is not None:
            ui.label(verdict[0]).classes("section")
            for sentence in verdict[1]:
                ui.label(sentence).classes("doubt")
        if (run / "report.html").is_file():
            ui.link("The report of this run", f"/files/{quote(str(where))}/report.html", new_tab=True)
    for name, options in _charts(run):
        with ui.card().classes("w-full"):
            ui.label(name).classes("section")
            ui.echart(options).classes("w-full").style("height: 210px")
    shown = pictures(run)
    if shown:
        with ui.card().classes("w-full"):
            ui.label("Pictures").classes("section")
            with ui.row().style("gap: 10px"):
                for path in shown:
                    address = f"/files/{quote(str(path.relative_to(page.space.folder)))}?{changed_at(path)}"
                    title = str(path.relative_to(run))
                    ui.html(
                        f'<a href="{address}" target="_blank" title="{html.escape(title)}">'
                        f'<img class="picture-frame" style="max-height: 220px" alt="{html.escape(title)}" '
                        f'loading="lazy" src="{address}"></a>',
                        sanitize=False,
                    )


def _charts(run: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return a diagram for each stage that has curves."""
    by_stage: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for name, points in curves(run).items():
        stage, _, what = name.partition(": ")
        by_stage.setdefault(stage, {})[what] = points
    return [(stage, curve_options(lines)) for stage, lines in by_stage.items()]
