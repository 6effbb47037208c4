"""Which particles of a scan are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diffrendergan.studio.lazy import ui
from diffrendergan.studio.sheets import Sheet
from diffrendergan.studio.workspace import State


@dataclass(frozen=True)
class Filters:
    """The filters on the page."""

    count: Any
    """The label above them, for the number of particles that pass."""
    sizes: tuple[tuple[str, Any], ...]
    """Fields of sizes, with their names."""

    def tell(self, words: str, unit: str) -> None:
        """Say how many pass, and in which unit sizes are."""
        self.count.set_text(words)
        for name, entry in self.sizes:
            entry.set_label(f"{name} [{unit}]")


def build_filters(state: State, on_filter: Callable[..., None]) -> Filters:
    """Build the filters."""
    with ui.card().classes("w-full").style("gap: 2px"):
        count = ui.label().classes("section").mark("count")
        with ui.row().classes("w-full no-wrap items-center"):
            ui.label("Confidence, at least").style("flex: 1")
            value = ui.label(f"{state.least_confidence:.2f}")
        slider = (
            ui.slider(min=0, max=1, step=0.01, value=state.least_confidence)
            .props("aria-label='Least confidence'")
            .mark("confidence")
        )
        slider.on_value_change(lambda event: value.set_text(f"{event.value:.2f}"))
        slider.on("change", lambda: on_filter(least_confidence=float(slider.value)))
        with ui.row().classes("w-full no-wrap"):
            small = ui.number("Smallest", value=state.smallest or None, min=0).props("dense clearable")
            large = ui.number("Largest", value=state.largest, min=0).props("dense clearable")
        small.on_value_change(lambda event: on_filter(smallest=float(event.value or 0)))
        large.on_value_change(lambda event: on_filter(largest=event.value))
        ui.switch(
            "Those that the border cuts",
            value=state.border,
            on_change=lambda event: on_filter(border=event.value),
        ).mark("border")
    return Filters(count, (("Smallest", small), ("Largest", large)))


def filter_values(state: State) -> dict[str, Any]:
    """Return what the viewer is told of the filters."""
    return {
        "confidence": state.least_confidence, "smallest": state.smallest, "largest": state.largest,
        "border": state.border,
    }  # fmt: skip


def passing(sheet: Sheet, state: State) -> list[int]:
    """Return the places of the particles that pass the filters."""
    return [
        index
        for index, (size, sure, cut) in enumerate(zip(sheet.diameters, sheet.confidence, sheet.border, strict=True))
        if (state.border or not cut)
        and (sure is None or sure >= state.least_confidence)
        and size >= state.smallest
        and (state.largest is None or size <= state.largest)
    ]
