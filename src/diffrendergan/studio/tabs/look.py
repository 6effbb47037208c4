"""*Look*: sliders for every learned parameter, the picture following, real and synthetic in a split."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffrendergan.errors import UserError
from diffrendergan.studio.charts import compared_options
from diffrendergan.studio.components import set_props, split_view
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.live import Shown, Slider, show, sliders, usual_number
from diffrendergan.studio.live_scans import Real, real_patches
from diffrendergan.studio.page import Page
from diffrendergan.studio.proposals import narrow
from diffrendergan.studio.run_folder import prepared_run
from diffrendergan.studio.scan_words import changed_at

GROUPS = {
    "particle": "Particles",
    "stage": "Stage",
    "transmission": "Transmission",
    "ground": "Ground",
    "imaging": "Image chain",
}
STEPS = 200
"""Of a slider."""
KEPT_SHARE = 0.3
"""Of a range so much is kept around the slider when ranges are narrowed: images of a run differ, as scans do."""


def build_look(page: Page) -> None:
    """Build the tab."""
    if not page.space.project_file.is_file():
        ui.label("There is no project file yet: drop scans first, and let init look at them.").classes("muted")
        return
    _Looked(page).build()


class _Looked:
    """What the sliders say, and what is drawn of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.file = page.space.project_file
        self.stamp = changed_at(self.file)
        self.run = prepared_run(page.space)
        self.number, self.which = 0, 0
        self.theta: dict[str, float] = {}
        self.usual: dict[str, float] = {}
        self.known: list[Slider] = []
        self.real: list[Real] = []
        self.shown: Shown | None = None
        self.busy = self.again = False
        self.parts: dict[str, Any] = {}

    def build(self) -> None:
        with ui.row().classes("w-full items-start no-wrap-md").style("gap: 16px"):
            self.parts["sliders"] = ui.column().style("flex: 2; min-width: 330px; gap: 10px")
            with ui.column().style("flex: 3; min-width: 360px; max-width: 640px; gap: 10px"):
                self.parts["split"] = split_view(
                    ("real", "synthetic"), "Real and synthetic patch; arrows move the divider"
                )
                with ui.row():
                    ui.button("Another arrangement", icon="casino", on_click=self._another).mark("another")
                    ui.button("Another scan", icon="photo", on_click=self._another_scan).props("outline")
                    ui.button("Usual values", icon="restart_alt", on_click=self._reset).props("outline")
                    ui.button("Narrow the ranges", icon="compress", on_click=self._narrow).props("outline").tooltip(
                        "Write ranges around the sliders that were moved into project.yaml"
                    ).mark("narrow")
                self.parts["words"] = ui.label().classes("muted")
                self.parts["trouble"] = ui.label().classes("doubt").mark("trouble")
            with ui.column().style("flex: 2; min-width: 300px; gap: 10px"):
                for name, title in (("histogram", "Grey levels"), ("spectrum", "Spectrum")):
                    with ui.card().classes("w-full"):
                        ui.label(title).classes("section")
                        self.parts[name] = ui.echart({}).classes("w-full").style("height: 220px")
        with self.parts["sliders"]:
            ui.label("Sliders follow when an arrangement is traced: some seconds.").classes("muted")
        ui.timer(0.0, self._open, once=True)

    async def _open(self) -> None:
        live = self.page.studio.live
        try:
            self.real = await live.call(real_patches, self.file, self.stamp)
            set_props(self.parts["split"], {"left": self.real[0].picture})
            self.number = await live.call(usual_number, self.file, self.stamp)
            self.known = await live.call(sliders, self.file, self.stamp, self.run)
        except (UserError, OSError) as error:
            self.parts["trouble"].set_text(str(error))
            return
        self.usual = {one.name: one.value for one in self.known}
        kept = self.page.state.look
        self.theta = {one.name: min(max(kept.get(one.name, one.value), one.low), one.high) for one in self.known}
        self._build_sliders()
        where = "over noise of the scans' brightness: their own ground is cut when a run has prepared it"
        self.parts["words"].set_text("over the scans' own ground" if self.run is not None else where)
        await self._show()

    def _build_sliders(self) -> None:
        self.parts["sliders"].clear()
        groups: dict[str, list[Slider]] = {}
        for one in self.known:
            groups.setdefault(one.name.partition(".")[0], []).append(one)
        with self.parts["sliders"]:
            for group, members in groups.items():
                with ui.card().classes("w-full").style("gap: 0"):
                    ui.label(GROUPS.get(group, group)).classes("section")
                    for one in members:
                        self._slider(one)

    def _slider(self, one: Slider) -> None:
        name = one.name.partition(".")[2].replace(".", ": ").replace("_", " ")
        with ui.row().classes("w-full no-wrap items-center").style("gap: 10px"):
            ui.label(name).style("flex: 3; overflow-wrap: anywhere")
            slider = (
                ui.slider(min=one.low, max=one.high, step=(one.high - one.low) / STEPS, value=self.theta[one.name])
                .props(f"aria-label='{name}'")
                .style("flex: 4")
                .mark(one.name)
            )
            told = ui.label(f"{slider.value:.3g}").style("width: 4.5em; text-align: right")

        async def moved(event: Any) -> None:
            self.theta[one.name] = float(event.value)
            told.set_text(f"{event.value:.3g}")
            await self._show()

        slider.on_value_change(moved)
        slider.on("change", lambda: self.page.space.remember(look=dict(self.theta)))

    async def _show(self) -> None:
        """Draw what the sliders say now; while one picture is drawn, only the newest wish is kept."""
        self.again = True
        if self.busy:
            return
        self.busy = True
        try:
            while self.again:
                self.again = False
                self.shown = await self.page.studio.live.call(
                    show, self.file, self.stamp, self.run, self.number, dict(self.theta)
                )
                set_props(self.parts["split"], {"right": self.shown.picture})
                self.parts["trouble"].set_text("")
            self._compare()
        except (UserError, OSError) as error:
            self.parts["trouble"].set_text(str(error))
        finally:
            self.busy = False

    def _compare(self) -> None:
        """Show grey levels and spectra of both over each other."""
        if self.shown is None or not self.real:
            return
        real = self.real[self.which % len(self.real)]
        for name, unit, edges in (
            ("histogram", "grey value", np.linspace(0, 1, len(real.histogram) + 1)),
            ("spectrum", "cycles per px", np.linspace(0, 0.5, len(real.spectrum) + 1)),
        ):
            sides = [
                (title, np.array(getattr(side, name))) for title, side in (("real", real), ("synthetic", self.shown))
            ]
            chart = self.parts[name]
            chart.options.clear()
            chart.options.update(compared_options(edges, sides, unit))
            chart.update()

    async def _another(self) -> None:
        self.number += 1
        await self._show()

    def _another_scan(self) -> None:
        if self.real:
            self.which += 1
            set_props(self.parts["split"], {"left": self.real[self.which % len(self.real)].picture})
            self._compare()

    def _narrow(self) -> None:
        """Write ranges around the sliders into the project file."""
        ranges = {}
        for one in self.known:
            half = KEPT_SHARE / 2 * (one.high - one.low)
            middle = min(max(self.theta[one.name], one.low + half), one.high - half)
            if self.theta[one.name] != self.usual[one.name]:
                ranges[one.name] = (middle - half, middle + half)
        if not ranges:
            ui.notify("Move a slider first: ranges are narrowed around those that were moved.")
            return
        try:
            narrow(self.file, ranges)
        except UserError as error:
            self.parts["trouble"].set_text(str(error))
            return
        self.page.space.remember(look={})
        ui.notify(f"{len(ranges)} ranges of project.yaml were narrowed.")
        self.page.show_again()

    async def _reset(self) -> None:
        self.theta = dict(self.usual)
        self.page.space.remember(look={})
        self._build_sliders()
        await self._show()
