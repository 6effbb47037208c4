"""The numbers of a particle, beside the viewer."""

from __future__ import annotations

from typing import Any

from diffrendergan.studio.lazy import ui

SHOWN = ("area", "diameter", "feret_max", "feret_min", "aspect_ratio", "circularity", "solidity", "confidence")
"""Columns that are shown first."""


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
                ui.label("yes" if value is True else "no" if value is False else number(value))


def number(value: float) -> str:
    """Return a number of four digits, large ones without an exponent."""
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _words(name: str) -> str:
    """Return the name of a column as a person says it."""
    for ending, unit in (("_nm2", " [nm²]"), ("_px2", " [px²]"), ("_nm", " [nm]"), ("_px", " [px]"), ("_deg", " [°]")):
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + unit
    return name.replace("_", " ")
