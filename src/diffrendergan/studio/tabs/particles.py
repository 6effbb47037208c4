"""*Particles*: a scan with its outlines, numbers of what is clicked, filters, and corrections by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from diffrendergan.errors import UserError
from diffrendergan.runs.words import plural
from diffrendergan.studio.charts import histogram_options
from diffrendergan.studio.components import scan_viewer, set_props
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.outlines import bins_of
from diffrendergan.studio.page import Page
from diffrendergan.studio.results import FINAL, chosen_results, measured_scans, result_folders
from diffrendergan.studio.sheets import Place, Sheet, open_sheet, redo, take_step, undo, warm_up
from diffrendergan.studio.tabs.particle_filters import build_filters, filter_values, passing
from diffrendergan.studio.tabs.particle_numbers import number_table
from diffrendergan.studio.views import View, make_view

TOOLS = {
    "look": ("Look", "near_me", "Drag to pan, wheel to zoom, click a particle, Shift for more (V)"),
    "draw": ("Draw", "gesture", "Draw around a particle that was missed (D)"),
    "split": ("Split", "content_cut", "Draw a line through a particle (S)"),
}


def build_particles(page: Page) -> None:
    """Build the tab."""
    chosen = chosen_results(page.space)
    scans = {} if chosen is None else measured_scans(page.space, chosen[1])
    if chosen is None or not scans:
        ui.label("Nothing was measured yet: drop scans first, masks follow some seconds later.").classes("muted")
        return
    name = page.state.scan if page.state.scan in scans else next(iter(scans))
    _Viewed(page, chosen, scans, name).build()


@dataclass
class _Viewed:
    """A scan on the page with what belongs to it."""

    page: Page
    results: tuple[str, Path]
    scans: dict[str, Path]
    name: str
    sheet: Sheet | None = None
    chosen: list[int] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where all of it lies."""
        given = self.page.state.pixel_size_nm
        return Place(self.results[1], self.scans[self.name], self.name, self.page.space.folder, given)

    def build(self) -> None:
        """Build what is seen."""
        with ui.row().classes("w-full items-center").style("gap: 10px"):
            names = list(self.scans)
            ui.select(
                names, value=self.name, label="Scan", on_change=lambda event: self._other(scan=event.value)
            ).props("dense outlined").style("min-width: 14rem").mark("scan")
            every = list(result_folders(self.page.space))
            ui.select(
                every, value=self.results[0], label="Results", on_change=lambda event: self._other(results=event.value)
            ).props("dense outlined").style("min-width: 14rem").mark("results")
            self._tools()
        with ui.row().classes("w-full no-wrap items-stretch").style("gap: 14px"):
            self.parts["frame"] = ui.element("div").style(
                "flex: 3; min-width: 300px; height: calc(100vh - 190px); min-height: 420px; border-radius: 8px; "
                "overflow: hidden; border: 1px solid var(--line); background: #15181c"
            )
            with ui.column().style("flex: 1; min-width: 330px; max-width: 460px; gap: 12px"):
                self.parts["filters"] = build_filters(self.page.state, self._filter)
                self.parts["chart"] = (
                    ui.echart(histogram_options(np.linspace(0, 1, 9), [0] * 8, "px"), on_point_click=self._bar)
                    .classes("w-full")
                    .style("height: 230px")
                )
                self.parts["numbers"] = ui.column().classes("w-full").style("gap: 4px")
        self.page.keys.append(self._key)
        ui.timer(0.0, self._open, once=True)

    def _tools(self) -> None:
        with ui.button_group().props("outline"):
            for name, (title, icon, help_) in TOOLS.items():
                button = ui.button(title, icon=icon, on_click=lambda name=name: self._tool(name)).props("outline")
                button.tooltip(help_).mark(f"tool-{name}")
                self.parts[f"tool-{name}"] = button
        actions = (
            ("Merge", "merge", "Merge the chosen particles (M)", self._merge),
            ("Delete", "delete", "Delete the chosen particles (Del)", self._delete),
            ("Undo", "undo", "Take the last correction back (Ctrl+Z)", self._undo),
            ("Redo", "redo", "Take it again (Ctrl+Y)", self._redo),
        )
        with ui.button_group().props("outline"):
            for title, icon, help_, act in actions:
                self.parts[title] = (
                    ui.button(title, icon=icon, on_click=act).props("outline").tooltip(help_).mark(title.lower())
                )

    async def _open(self) -> None:
        try:
            worker = self.page.studio.worker
            view = await worker.call(make_view, self.scans[self.name], self.name, self.page.space.cache)
            if view.failure:
                ui.notify(view.failure, type="negative")
                return
            self._show_scan(view)
            self._show_sheet(await worker.call(open_sheet, self.place))
            await worker.call(warm_up, self.place)
        except UserError as error:
            ui.notify(str(error), type="negative", multi_line=True, timeout=8000)

    def _show_scan(self, view: View) -> None:
        with self.parts["frame"]:
            self.parts["viewer"] = scan_viewer(
                f"/cache/{view.key}", (view.width, view.height), view.levels,
                f"The scan {self.name} with outlines; arrows pan, + and - zoom, 0 fits, O hides the outlines",
                self._chosen, self._stroke,
            )  # fmt: skip
        self._tool("look")

    def _show_sheet(self, sheet: Sheet) -> None:
        self.sheet = sheet
        set_props(
            self.parts["viewer"],
            {"outlines": f"/cache/{quote(sheet.outlines)}", "filters": filter_values(self.page.state)},
        )
        if sheet.elsewhere and self.results[0] != FINAL:
            ui.notify(
                "This scan was corrected on other results; a correction here takes its place.",
                type="warning",
                timeout=8000,
            )
        self.parts["Undo"].set_enabled(sheet.steps > 0)
        self.parts["Redo"].set_enabled(sheet.undone > 0)
        self._summarise()

    def _filter(self, **changes: Any) -> None:
        self.page.space.remember(**changes)
        if "viewer" in self.parts:
            set_props(self.parts["viewer"], {"filters": filter_values(self.page.state)})
        self._summarise()

    def _summarise(self) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        shown = passing(sheet, self.page.state)
        sizes = np.array([sheet.diameters[index] for index in shown])
        self.edges = bins_of(sizes)
        counts = np.histogram(sizes, self.edges)[0]
        marked = {sheet.labels.index(label) for label in self.chosen if label in sheet.labels}
        picked = np.histogram([sheet.diameters[i] for i in shown if i in marked], self.edges)[0]
        chart = self.parts["chart"]
        chart.options.clear()
        chart.options.update(histogram_options(self.edges, counts.tolist(), sheet.unit, picked.tolist()))
        chart.update()
        median = f", median of these {np.median(sizes):.3g} {sheet.unit}" if len(sizes) else ""
        of = "" if len(shown) == len(sheet.labels) else f" of {len(sheet.labels)}"
        done = f" · {plural(sheet.steps, 'correction')}" if sheet.steps else ""
        self.parts["filters"].tell(f"{len(shown)}{of} particles{median}{done}", sheet.unit)

    def _bar(self, event: Any) -> None:
        """Choose the particles of a bar."""
        sheet, index = self.sheet, event.data_index
        if sheet is None or not 0 <= index < len(self.edges) - 1:
            return
        low, high = self.edges[index : index + 2]
        last = index == len(self.edges) - 2
        labels = [
            sheet.labels[i]
            for i in passing(sheet, self.page.state)
            if low <= sheet.diameters[i] and (sheet.diameters[i] < high or last)
        ]
        self.parts["viewer"].run_method("select", labels, False)

    def _chosen(self, told: dict[str, Any]) -> None:
        self.chosen = [int(label) for label in told["labels"]]
        self._summarise()
        numbers = self.parts["numbers"]
        numbers.clear()
        with numbers:
            if len(self.chosen) == 1:
                number_table(told["columns"], told["rows"][0])
            elif self.chosen:
                ui.label(f"{plural(len(self.chosen), 'particle')} chosen").classes("section").mark("chosen")
            else:
                ui.label("Click a particle for its numbers, or a bar for its particles.").classes("muted")

    async def _stroke(self, told: dict[str, Any]) -> None:
        points = told["points"]
        if told["tool"] == "split":
            await self._step({"do": "split", "line": [points[0], points[-1]]})
        else:
            await self._step({"do": "draw", "outline": points})

    async def _merge(self) -> None:
        await self._step({"do": "merge", "labels": self.chosen})

    async def _delete(self) -> None:
        await self._step({"do": "delete", "labels": self.chosen})

    async def _step(self, step: dict[str, Any]) -> None:
        await self._correct(take_step, step)

    async def _undo(self) -> None:
        await self._correct(undo)

    async def _redo(self) -> None:
        await self._correct(redo)

    async def _correct(self, function: Any, *given: Any) -> None:
        try:
            self._show_sheet(await self.page.studio.worker.call(function, self.place, *given))
        except UserError as error:
            ui.notify(str(error), type="warning", multi_line=True)

    def _tool(self, name: str) -> None:
        if "viewer" in self.parts:
            set_props(self.parts["viewer"], {"tool": name})
        for each in TOOLS:
            self.parts[f"tool-{each}"].props("outline" if each != name else "unelevated", remove="unelevated outline")
            self.parts[f"tool-{each}"].props("unelevated" if each == name else "outline")

    def _key(self, event: Any) -> Any:
        key = str(event.key).lower()
        if event.modifiers.ctrl or event.modifiers.meta:
            return {"z": self._undo, "y": self._redo}.get(key, _nothing)()
        if event.modifiers.alt:
            return None
        tool = {"v": "look", "d": "draw", "s": "split"}.get(key)
        if tool:
            return self._tool(tool)
        return {"delete": self._delete, "backspace": self._delete, "m": self._merge}.get(key, _nothing)()

    def _other(self, **changes: str) -> None:
        self.page.space.remember(**changes)
        self.page.show_again()


def _nothing() -> None:
    pass
