"""The numbers of a particle, and the filters, beside the viewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffrendergan.studio.lazy import ui
from diffrendergan.studio.workspace import State

SHOWN = ("area", "diameter", "feret_max", "feret_min", "aspect_ratio", "circularity", "solidity", "confidence")
"""Columns that are shown first."""


def build_filters(state: State, on_filter: Callable[..., None]) -> Any:
    """Build the filters; return the label above them, for the number of particles that pass."""
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
    return count


def number_table(columns: list[str], row: list[Any]) -> None:
    """Show the numbers of a particle, the usual ones first."""
    values = dict(zip(columns, row, strict=True))
    first = [name for name in columns if name.removesuffix("_nm").removesuffix("_px").removesuffix("_nm2") in SHOWN]
    ui.label(f"Particle {values['label']}").classes("section").mark("chosen")
    with ui.element("div").style("max-height: 300px; overflow: auto; width: 100%"):
        for name in [*first, *(name for name in columns if name not in first and name != "label")]:
            value = values[name]
            if value is None:
                continue
            with ui.row().classes("w-full no-wrap").style("gap: 8px; border-bottom: 1px solid var(--line)"):
                ui.label(_words(name)).style("flex: 1").classes("muted")
                ui.label("yes" if value is True else "no" if value is False else f"{value:.4g}")


def _words(name: str) -> str:
    """Return the name of a column as a person says it."""
    for ending, unit in (("_nm2", " [nm²]"), ("_px2", " [px²]"), ("_nm", " [nm]"), ("_px", " [px]"), ("_deg", " [°]")):
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + unit
    return name.replace("_", " ")
