"""The section of the page that shows what twins of the held-out scans taught."""

from __future__ import annotations

from typing import Any

from diffrendergan.reporting.figures.theme import inline_svg
from diffrendergan.reporting.figures.twin_figures import taught_figure
from diffrendergan.reporting.page.measured import Measured
from diffrendergan.reporting.sheet.sheet import twins_table


def twin_section(measured: Measured) -> dict[str, Any] | None:
    """Return figures as found and as corrected, in each unit; None where no twins were asked for."""
    groups = [
        {
            "table": twins_table(result),
            "figure": inline_svg(taught_figure(result), f"twins-{unit}", f"Sizes as found and corrected [{unit}]")
            if result.bins
            else "",
        }
        for unit, result in measured.twins.items()
    ]
    return {"groups": groups} if groups else None
