"""*Scans*: what is measured, what `init` found in it, and what was passed over."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote

from diffrendergan.errors import DataError, UserError
from diffrendergan.studio import jobs
from diffrendergan.studio.fields import proposal_field
from diffrendergan.studio.flow import FIRST_LOOK, INIT
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.overlays import make_overlay, overlay_name
from diffrendergan.studio.page import Page
from diffrendergan.studio.parts import job_line, say
from diffrendergan.studio.proposals import proposals
from diffrendergan.studio.scan_words import changed_at, count_words, scan_words
from diffrendergan.studio.views import View, known_view, make_view
from diffrendergan.studio.workspace import scans_folder, upload_name

NEXT = (
    "Next: look at the outlines in Particles; sizes are in Results. For figures to rely on, read what init "
    "says, and let a network of your own be made in Run."
)


def build_scans(page: Page) -> None:
    """Build the tab."""
    with ui.row().classes("w-full items-start no-wrap-md").style("gap: 16px"):
        with ui.column().classes("col-12 col-md").style("gap: 12px; min-width: 320px; flex: 3"):
            _source(page)
            grid = ui.element("div").classes("grid-of-scans")
            passed = ui.column().classes("w-full").style("gap: 4px")
        side = ui.column().style("gap: 12px; min-width: 320px; flex: 2")
    shown = _Shown(page, grid, passed, side)
    page.ticks.append(shown.tick)
    shown.tick()


def _source(page: Page) -> None:
    """Build the place for files, and that for a folder."""

    async def uploaded(event: Any) -> None:
        try:
            name = upload_name(event.file.name)
            page.space.uploads.mkdir(parents=True, exist_ok=True)
            await event.file.save(page.space.uploads / name)
        except (UserError, OSError) as error:
            ui.notify(str(error), type="negative", multi_line=True, timeout=8000)
            return
        if page.state.scans:
            page.space.remember(scans="")

    def named() -> None:
        try:
            chosen = scans_folder(folder.value or "")
        except DataError as error:
            say(folder, str(error))
            return
        say(folder, "")
        page.space.remember(scans=str(chosen))

    def sized() -> None:
        value = size.value
        bad = value is not None and value <= 0
        say(size, "Give a length above 0, or nothing." if bad else "")
        if not bad:
            page.space.remember(pixel_size_nm=value)

    with ui.card().classes("w-full"):
        ui.upload(multiple=True, auto_upload=True, on_upload=uploaded, label="Drop scans here, or choose files").props(
            "flat bordered accept='.tif,.tiff,.png,.jpg,.jpeg,.bmp,.dm3,.dm4,.ser,.emd,.mrc' aria-label='Scans'"
        ).mark("drop")
        with ui.row().classes("w-full items-start"):
            folder = ui.input("or a folder on this computer", value=page.state.scans).classes("col").mark("folder")
            folder.on("keydown.enter", named)
            ui.button("Open", on_click=named).props("outline").classes("q-mt-sm").mark("open-folder")
            size = (
                ui.number("Pixel size of all [nm]", value=page.state.pixel_size_nm, format="%g")
                .props("clearable hint='empty: as the files say'")
                .style("width: 13rem")
                .mark("pixel-size")
            )
            size.on("blur", sized)
            size.on("keydown.enter", sized)


class _Shown:
    """What is on the page already, so that only what has changed is built anew."""

    def __init__(self, page: Page, grid: Any, passed: Any, side: Any) -> None:
        self.page, self.grid, self.passed = page, grid, passed
        with side:
            self.fields, self.picture = (ui.column().classes("w-full") for _ in range(2))
        self.drawn = 0
        self.cells: dict[str, tuple[object, Any]] = {}
        self.told: object = None
        self.proposed: object = None
        self.asked: set[str] = set()

    def tick(self) -> None:
        """Show what has changed."""
        try:
            listing = self.page.space.listing()
            trouble = ""
        except DataError as error:
            listing, trouble = None, str(error)
        files = {} if listing is None else dict(listing.files)
        for name in [name for name in self.cells if name not in files]:
            self.cells.pop(name)[1].delete()
        for name, path in files.items():
            view = known_view(path, self.page.space.cache)
            if view is None:
                self._ask(str(path), make_view, path, name, self.page.space.cache)
                continue
            overlay = overlay_name(self.page.space.first_look, name)
            if overlay and not (self.page.space.cache / overlay).is_file():
                self._ask(overlay, make_overlay, self.page.space.first_look, name, self.page.space.cache / overlay)
                overlay = ""
            self._cell(view, overlay)
        told = (() if listing is None else (*listing.remarks, *listing.failed.values()), trouble, self._jobs())
        if told != self.told:
            self.told = told
            self._tell(told[0], trouble, bool(files))
        self._propose()

    def _ask(self, key: str, function: Any, *given: Any) -> None:
        """Let the worker make something, once."""
        if key in self.asked:
            return
        self.asked.add(key)

        async def ask() -> None:
            try:
                await self.page.studio.worker.call(function, *given)
            except (UserError, OSError) as error:
                self.page.studio.trouble = str(error)

        ui.timer(0.0, ask, once=True)

    def _jobs(self) -> tuple[tuple[str, str], ...]:
        found = (jobs.latest(self.page.space.jobs, kind) for kind in (FIRST_LOOK, INIT))
        return tuple((job.name, job.status()) for job in found if job is not None)

    def _cell(self, view: View, overlay: str) -> None:
        words = count_words(self.page.space.first_look, view.name)
        key = (view.key, overlay, words)
        if view.name in self.cells:
            if self.cells[view.name][0] == key:
                return
            place = list(self.cells).index(view.name)
            self.cells[view.name][1].delete()
        else:
            place = len(self.cells)
        with self.grid:
            cell = ui.element("div").classes("scan").props(f"tabindex=0 role=button aria-label='{quote(view.name)}'")
        with cell:
            picture = f'<img src="/cache/{view.key}/thumbnail.png" alt="">'
            if overlay:
                picture += f'<img src="/cache/{quote(overlay)}" alt="" class="overlay">'
            ui.html(
                f'<div class="picture">{picture if not view.failure else ""}</div>'
                f'<div style="padding: 8px 10px"><div style="font-weight: 600; overflow-wrap: anywhere">'
                f"{html.escape(view.name)}</div>"
                f'<div class="muted">{html.escape(scan_words(view, self.page.state.pixel_size_nm))}</div>'
                f'<div class="{"doubt" if view.failure else ""}">{html.escape(view.failure or words)}</div></div>',
                sanitize=False,
            )
            if self.page.space.scans == self.page.space.uploads:
                remove = ui.button(icon="close").props(f"round dense size=sm aria-label='Remove {quote(view.name)}'")
                remove.style("position: absolute; top: 6px; right: 6px")
                remove.on("click.stop", lambda name=view.name: self.page.space.put_aside(name))
        cell.on("click", lambda name=view.name: self._look_at(name))
        cell.on("keydown.enter", lambda name=view.name: self._look_at(name))
        cell.move(self.grid, place)
        self.cells[view.name] = (key, cell)

    def _look_at(self, name: str) -> None:
        self.page.space.remember(scan=name)
        self.page.open_tab("Particles")

    def _tell(self, remarks: tuple[str, ...], trouble: str, any_scan: bool) -> None:
        self.passed.clear()
        with self.passed:
            looked = [jobs.latest(self.page.space.jobs, kind) for kind in (FIRST_LOOK, INIT)]
            for job in looked:
                if job is not None:
                    job_line(self.page, job)
            if any_scan and all(job is not None and job.status() == "finished" for job in looked):
                ui.label(NEXT).classes("muted")
            if trouble:
                ui.label(trouble).classes("doubt")
            for remark in remarks:
                ui.label(remark).classes("muted")
            if not any_scan and not trouble:
                ui.label("No scans yet. Masks and sizes follow some seconds after they are here.").classes("muted")

    def _propose(self) -> None:
        """Show the fields, and apart from them the picture: a field that someone types in is left alone."""
        space = self.page.space
        stamps = self._stamps() if space.project_file.is_file() and space.found.is_file() else None
        if stamps != self.proposed:
            self.proposed = stamps
            self.fields.clear()
            if stamps is not None:
                self._propose_fields()
        drawn = changed_at(space.picture)
        if drawn != self.drawn:
            self.drawn = drawn
            self.picture.clear()
            address = f"/files/{space.picture.name}?{drawn}"
            with self.picture:
                ui.html(
                    f'<a href="{address}" target="_blank"><img class="picture-frame" alt="What init measured" '
                    f'src="{address}"></a>',
                    sanitize=False,
                )

    def _propose_fields(self) -> None:
        with self.fields, ui.card().classes("w-full"):
            ui.label("What init found").classes("section")
            ui.label("Change whatever you know better: it is written to project.yaml at once.").classes("muted")
            for each in proposals(self.page.space.project_file, self.page.space.found):
                proposal_field(self.page, each, self._changed)

    def _changed(self) -> None:
        """Do not build the fields anew for what was changed in them."""
        self.proposed = self._stamps()

    def _stamps(self) -> tuple[int, int]:
        return changed_at(self.page.space.project_file), changed_at(self.page.space.found)
