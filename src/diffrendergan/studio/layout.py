"""The page: a header with its tabs, and below it the tab that is open."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from diffrendergan.errors import UserError
from diffrendergan.studio import jobs
from diffrendergan.studio.lazy import ui
from diffrendergan.studio.page import Page, Studio
from diffrendergan.studio.parts import title_of
from diffrendergan.studio.tabs import TABS
from diffrendergan.studio.theme import brand, style_sheet
from diffrendergan.studio.workspace import Theme

THEMES: Mapping[Theme, tuple[bool | None, str]] = {
    "system": (None, "brightness_auto"), "light": (False, "light_mode"), "dark": (True, "dark_mode"),
}  # fmt: skip
TICK_S = 1.0


def build_page(studio: Studio) -> None:
    """Build the page for a browser that has opened it."""
    page, state = Page(studio), studio.space.state()
    ui.add_css(style_sheet())
    ui.colors(**brand())
    dark = ui.dark_mode(THEMES[state.theme][0])
    names = list(TABS)
    with ui.header().classes("items-center no-wrap q-py-none q-gutter-x-md"):
        ui.label("DiffRenderGAN").classes("text-weight-bold gt-sm")
        tabs = ui.tabs(value=state.tab).props("inline-label no-caps outside-arrows mobile-arrows").classes("col")
        with tabs:
            for name in names:
                ui.tab(name, icon=TABS[name].icon)
        going = ui.label().classes("muted gt-xs").mark("going")
        ui.button(icon=THEMES[state.theme][1], on_click=lambda event: _next_theme(page, dark, event.sender)).props(
            "flat round aria-label='Light or dark'"
        ).tooltip("Light or dark")
    body = ui.column().classes("w-full q-pa-md").style("gap: 16px; max-width: 1700px; margin: 0 auto")

    def show(name: str) -> None:
        page.ticks.clear()
        page.keys.clear()
        body.clear()
        with body:
            try:
                TABS[name].build(page)
            except UserError as error:
                ui.label(str(error)).classes("doubt")

    def changed(name: str) -> None:
        studio.space.remember(tab=name)
        show(name)

    def tick() -> None:
        running = jobs.running(studio.space.jobs)
        told = [f"{title_of(job)} …" for job in running]
        going.set_text(" · ".join(told) if told else studio.trouble)
        for each in list(page.ticks):
            try:
                each()
            except (UserError, OSError) as error:  # a file that is just being written, or was taken away
                going.set_text(str(error))

    async def key(event: Any) -> None:
        if not event.action.keydown:
            return
        number = event.key.number
        if event.modifiers.alt and number is not None and 1 <= number <= len(names):
            tabs.set_value(names[number - 1])
        for each in list(page.keys):
            done = each(event)
            if isinstance(done, Awaitable):
                await done

    tabs.on_value_change(lambda event: changed(str(event.value)))
    page.open_tab = tabs.set_value
    page.show_again = lambda: show(studio.space.state().tab)
    ui.keyboard(on_key=key)
    show(state.tab if state.tab in TABS else names[0])
    ui.timer(TICK_S, tick)


def _next_theme(page: Page, dark: Any, button: Any) -> None:
    names = list(THEMES)
    name = names[(names.index(page.state.theme) + 1) % len(names)]
    page.space.remember(theme=name)
    dark.value = THEMES[name][0]
    button.set_icon(THEMES[name][1])
