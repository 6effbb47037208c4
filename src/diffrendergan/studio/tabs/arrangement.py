"""*Arrangement*: shape, sizes and places of particles, drawn as they are changed, beside a real patch."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffrendergan.errors import UserError
from diffrendergan.quantification.results import read_columns
from diffrendergan.studio.charts import compared_options
from diffrendergan.studio.fields import proposal_field
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.live import Drawn, draw, usual_number
from diffrendergan.studio.live_scans import Real, real_patches
from diffrendergan.studio.page import Page
from diffrendergan.studio.proposals import proposals
from diffrendergan.studio.results import chosen_results, measured_scans
from diffrendergan.studio.scan_words import changed_at
from diffrendergan.studio.tables import records_of

SECTIONS = ("particles.", "arrangement.")
DRAWS = 6
"""Arrangements whose sizes are shown: one alone has few particles."""


def build_arrangement(page: Page) -> None:
    """Build the tab."""
    if not page.space.project_file.is_file():
        ui.label("There is no project file yet: drop scans first, and let init look at them.").classes("muted")
        return
    _Arranged(page).build()


class _Arranged:
    """What is drawn, and what it is compared with."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number: int | None = None
        self.asked = 0
        self.real: list[Real] = []
        self.which = 0
        self.parts: dict[str, Any] = {}

    def build(self) -> None:
        with ui.row().classes("w-full items-start no-wrap-md").style("gap: 16px"):
            with ui.card().style("flex: 2; min-width: 330px"):
                ui.label("Shape, sizes, places").classes("section")
                for each in proposals(self.page.space.project_file, self.page.space.found):
                    if each.field.name.startswith(SECTIONS):
                        proposal_field(self.page, each, self._later)
            with ui.column().style("flex: 5; min-width: 400px; gap: 12px"):
                with ui.row().classes("w-full no-wrap").style("gap: 12px"):
                    for side, title in (("drawn", "drawing …"), ("real", "reading …")):
                        with ui.column().style("flex: 1; gap: 4px"):
                            self.parts[side] = (
                                ui.image()
                                .classes("w-full")
                                .style("aspect-ratio: 1; border-radius: 8px; image-rendering: pixelated")
                                .style("background: var(--card)")
                                .mark(f"picture-{side}")
                            )
                            self.parts[f"{side}-words"] = ui.label(title).classes("muted").mark(f"words-{side}")
                with ui.row():
                    ui.button("Another arrangement", icon="casino", on_click=self._another).mark("another")
                    ui.button("Another scan", icon="photo", on_click=self._another_scan).props("outline")
                self.parts["trouble"] = ui.label().classes("doubt").mark("trouble")
                with ui.card().classes("w-full"):
                    ui.label("Sizes").classes("section")
                    self.parts["chart"] = ui.echart({}).classes("w-full").style("height: 240px")
        self._later()

    def _later(self) -> None:
        ui.timer(0.0, self._draw, once=True)

    def _another(self) -> None:
        self.number = 0 if self.number is None else self.number + 1
        self._later()

    def _another_scan(self) -> None:
        self.which += 1
        self._show_real()

    async def _draw(self) -> None:
        self.asked += 1
        mine, live = self.asked, self.page.studio.live
        file = self.page.space.project_file
        stamp = changed_at(file)
        try:
            if self.number is None:
                self.number = await live.call(usual_number, file, stamp)
            number = self.number
            first = await live.call(draw, file, stamp, number)
            if mine != self.asked:
                return
            self._show(first, number)
            if not self.real:
                self.real = await live.call(real_patches, file, stamp)
                self._show_real()
            drawn = [first]
            for more in range(1, DRAWS):
                if mine != self.asked:
                    return
                drawn.append(await live.call(draw, file, stamp, number + 1000 * more))
            self._compare(drawn)
        except (UserError, OSError) as error:
            self.parts["trouble"].set_text(str(error))

    def _show(self, drawn: Drawn, number: int) -> None:
        self.parts["trouble"].set_text("")
        self.parts["drawn"].set_source(drawn.picture)
        self.parts["drawn-words"].set_text(
            f"arrangement {number + 1}, in a plain material: {drawn.number} seen, {drawn.covered:.0%} covered"
        )

    def _show_real(self) -> None:
        if self.real:
            one = self.real[self.which % len(self.real)]
            self.parts["real"].set_source(one.picture)
            self.parts["real-words"].set_text(f"the middle of {one.scan}")

    def _compare(self, drawn: list[Drawn]) -> None:
        """Show the sizes of drawn particles and of measured ones over each other."""
        synthetic = np.array([value for one in drawn for value in one.diameters])
        unit = drawn[0].unit
        measured = self._measured(unit)
        if not len(synthetic):
            return
        both = np.concatenate([synthetic, measured])
        edges = np.linspace(0, 1.05 * float(np.percentile(both, 99.5)), 31)
        sides = [(f"drawn ({len(synthetic)})", _shares(synthetic, edges))]
        if len(measured):
            sides.append((f"found in the scans ({len(measured)})", _shares(measured, edges)))
        chart = self.parts["chart"]
        chart.options.clear()
        chart.options.update(compared_options(edges, sides, f"diameter [{unit}]"))
        chart.update()

    def _measured(self, unit: str) -> np.ndarray:
        chosen = chosen_results(self.page.space)
        if chosen is None:
            return np.zeros(0)
        results = chosen[1]
        found = []
        for record in records_of(results, list(measured_scans(self.page.space, results))):
            if record.unit == unit:
                size, weight = read_columns(results, record, [f"diameter_{unit}", "border_weight"])
                found.append(size[weight > 0])
        return np.concatenate(found) if found else np.zeros(0)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of values in each bin."""
    return np.asarray(np.histogram(values, edges)[0] / max(len(values), 1))
