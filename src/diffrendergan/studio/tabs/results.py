"""*Results*: distributions and tables of all scans, the data sheet, and everything in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from diffrendergan.errors import UserError
from diffrendergan.studio import flow, jobs
from diffrendergan.studio.charts import histogram_options
from diffrendergan.studio.export import commands_text, write_export
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.outlines import bins_of
from diffrendergan.studio.page import Page
from diffrendergan.studio.parts import job_line
from diffrendergan.studio.results import FINAL, FIRST, chosen_results, corrected_words, measured_scans, result_folders
from diffrendergan.studio.tables import doubts_of, pooled_sizes, records_of, scan_rows, together_rows

COLUMNS = {
    "scan": "scan", "particles": "particles", "whole": "whole", "covered": "covered", "median": "median",
    "interval": "95 %", "fit": "fit",
}  # fmt: skip

BY_NUMBER = "(a, b) => (parseFloat(a) || 0) - (parseFloat(b) || 0)"
"""Cells hold numbers with units, which the browser would put in the order of text."""


def build_results(page: Page) -> None:
    """Build the tab."""
    chosen = chosen_results(page.space)
    if chosen is None:
        ui.label("Nothing was measured yet: drop scans first, numbers follow some seconds later.").classes("muted")
        return
    name, results = chosen
    records = records_of(results, list(measured_scans(page.space, results)))

    def other(event: Any) -> None:
        page.space.remember(results=event.value)
        page.show_again()

    with ui.row().classes("w-full items-center").style("gap: 10px"):
        ui.select(list(result_folders(page.space)), value=name, label="Results", on_change=other).props(
            "dense outlined"
        ).style("min-width: 15rem").mark("results")
        ui.button("Export everything", icon="archive", on_click=lambda: _export(page, results)).mark("export")
        ui.button(
            "Measure with corrections",
            icon="edit",
            on_click=lambda: _start(page, flow.start_final, page.space, results),
        ).props("outline").tooltip("Corrected outlines where there are any, else those that were found").mark("final")
        if (results / "datasheet.html").is_file():
            address = f"/files/{quote(str(results.relative_to(page.space.folder)))}"
            ui.link("Data sheet", f"{address}/datasheet.html", new_tab=True).mark("datasheet")
            if (results / "review" / "review.html").is_file():
                ui.link("Least certain particles", f"{address}/review/review.html", new_tab=True)
        elif name == FIRST:
            ui.button(
                "Figures and data sheet",
                icon="description",
                on_click=lambda: _start(page, flow.start_figures, page.space),
            ).props("outline").mark("figures")
    lines = ui.column().classes("w-full").style("gap: 2px")
    with ui.row().classes("w-full items-start no-wrap-md").style("gap: 16px"):
        with ui.column().style("flex: 3; min-width: 420px; gap: 12px"):
            _table(page, results, records)
            if name == FINAL:
                ui.label(corrected_words(page.space)).classes("muted")
            for doubt in doubts_of(results, records):
                ui.label(doubt).classes("doubt")
        with ui.column().style("flex: 2; min-width: 360px; gap: 12px"):
            _distributions(results, records)
            with ui.card().classes("w-full"):
                ui.label("The same in a terminal").classes("section")
                ui.code(commands_text(page.space), language="bash").classes("w-full").mark("commands")
    _follow(page, lines)


def _table(page: Page, results: Path, records: list[Any]) -> None:
    rows = [*scan_rows(records), *together_rows(results)]
    columns = [
        {
            "name": key,
            "label": title,
            "field": key,
            "align": "left" if key == "scan" else "right",
            "sortable": True,
            **({} if key in ("scan", "fit") else {":sort": BY_NUMBER}),
        }
        for key, title in COLUMNS.items()
    ]

    def look(event: Any) -> None:
        name = event.args[1]["scan"]
        if any(record.name == name for record in records):
            page.space.remember(scan=name)
            page.open_tab("Particles")

    table = ui.table(columns=columns, rows=rows, row_key="scan", pagination=25).classes("w-full").mark("scans")
    table.on("rowClick", look)


def _distributions(results: Path, records: list[Any]) -> None:
    for pooled in pooled_sizes(results, records):
        edges = bins_of(pooled.diameters)
        counts = np.histogram(pooled.diameters, edges)[0]
        with ui.card().classes("w-full"):
            ui.label("Diameters of all particles").classes("section")
            ui.echart(histogram_options(edges, counts.tolist(), pooled.unit)).classes("w-full").style("height: 260px")


def _start(page: Page, function: Any, *given: Any) -> None:
    try:
        function(*given)
    except (UserError, OSError) as error:
        ui.notify(str(error), type="negative", multi_line=True, timeout=8000)


def _follow(page: Page, lines: Any) -> None:
    """Show the jobs that this tab starts, and the results when they are there."""
    seen: dict[str, dict[str, tuple[str, jobs.Status]]] = {}

    def tick() -> None:
        found = [jobs.latest(page.space.jobs, kind) for kind in (flow.FINAL, flow.FIGURES)]
        state = {job.kind: (job.name, job.status()) for job in found if job is not None}
        if state == seen.get("jobs"):
            return
        before, seen["jobs"] = seen.get("jobs"), state
        done = [] if before is None else [
            kind for kind, now in state.items() if now[1] == "finished" and before.get(kind) != now
        ]  # fmt: skip
        if done:
            if flow.FINAL in done:
                page.space.remember(results=FINAL)
            page.show_again()
            return
        lines.clear()
        with lines:
            for job in found:
                if job is not None and job.status() != "finished":
                    job_line(page, job)

    page.ticks.append(tick)
    tick()


async def _export(page: Page, results: Path) -> None:
    note = ui.notification("Packing …", spinner=True, timeout=None)
    try:
        target = page.space.folder / f"{page.space.folder.name}-{results.name}.zip"
        path = await page.studio.worker.call(write_export, page.space, results, target)
        ui.download.file(path)
    except (UserError, OSError) as error:
        ui.notify(str(error), type="negative", multi_line=True, timeout=8000)
    finally:
        note.dismiss()
