"""What stands on the data sheet, in words: the page and the PDF show the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.quantification.standards import STANDARDS
from diffrendergan.reporting.figures.drawing import DPI, TITLE_IN
from diffrendergan.runs.words import number, percent, plural
from diffrendergan.sizes.bootstrap import CONFIDENCE, Interval
from diffrendergan.sizes.distribution import Values, Weighting, effective_number, weighted_quantiles
from diffrendergan.sizes.needed import QUANTITIES, Needed
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import Unit
from diffrendergan.twins.results import Corrected, TwinResult

ROWS: tuple[tuple[str, str], ...] = (
    ("mean", "mean D[1,0], D[3,2], D[4,3]"),
    ("d10", "x₁₀"),
    ("d50", "x₅₀, median"),
    ("d90", "x₉₀"),
    ("std", "standard deviation"),
    ("span", "span (x₉₀ − x₁₀)/x₅₀"),
    ("geometric_mean", "geometric mean"),
    ("geometric_std", "geometric standard deviation"),
)
"""Statistics of the first table, and what its rows are called."""
HEADINGS: Mapping[Weighting, str] = {"number": "by number", "area": "by area", "volume": "by volume"}
SHAPE_LENGTHS = ("feret_max", "feret_min", "perimeter_diameter")
SHAPE_RATIOS = ("feret_ratio", "ellipse_ratio", "circularity", "roundness", "compactness", "extent", "solidity",
                "convexity")  # fmt: skip
DIFFERENT = 1.5
"""Scans that differ are told of where they multiply the variance of the mean by more: intervals are a quarter wider."""
TITLE_PX = round(TITLE_IN * DPI)
"""Rows of the example's title, which the sheet gives in words of its own [px]."""
TWIN_NAMES = {"number": "particles, border corrected", "coverage": "covered"}
NEEDED_NAMES = {"mean": "mean D[1,0]", "d50": "median x₅₀", "d32": "D[3,2]", "d43": "D[4,3]"}


@dataclass(frozen=True)
class Table:
    """Rows of words below their headings, the first column being names."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """What is to be said of it."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """The whole sheet."""

    title: str
    unit: Unit
    facts: tuple[tuple[str, str], ...]
    """What was measured, and by what: name and value."""
    sizes: Table
    shapes: Table
    needed: Table
    left_out: tuple[str, ...]
    """What the figures do not count, or count though it may be none, a sentence each."""
    footer: str
    measured: Sizes
    """What the curves show."""
    example: Path | None
    """A picture of one scan with its particles in colours; None where none was drawn."""
    example_name: str = ""
    twins: Table | None = None
    """Figures corrected by what twins of the scans taught; None where there are none."""

    def text(self) -> str:
        """Return all words of the sheet, line by line, without the pictures."""
        lines = [self.title, *(f"{name}: {value}" for name, value in self.facts)]
        for table in (self.sizes, self.shapes, self.needed, *(() if self.twins is None else (self.twins,))):
            lines += ["", " | ".join(table.headings), *(" | ".join(row) for row in table.rows)]
            lines += [table.note] if table.note else []
        return "\n".join([*lines, "", *self.left_out, self.footer]) + "\n"


def sizes_table(sizes: Sizes) -> Table:
    """Return statistics of the diameters by number, area and volume, each with its 95 % interval."""
    headings = (f"diameter x_A [{sizes.unit}]", *(HEADINGS[by] for by in sizes.weighted))
    rows = tuple(
        (
            words,
            *(
                _told(getattr(statistics, name), sizes.uncertainty.interval(name, by))
                for by, statistics in sizes.weighted.items()
            ),
        )
        for name, words in ROWS
    )
    share = f"{100 * CONFIDENCE:.0f} %"
    note = (
        f"Corrected for the border. In brackets {share} intervals (bootstrap)." if sizes.uncertainty.statistics else ""
    )
    return Table(headings, rows, note)


def shapes_table(columns: Mapping[str, Values], weights: Values, unit: Unit, left_out: int) -> Table:
    """Return quantiles of shapes.

    Parameters
    ----------
    columns : mapping
        `SHAPE_LENGTHS` in the unit and `SHAPE_RATIOS`, of the particles that are whole and wide enough, shape (k,).
    weights : ndarray, shape (k,)
        How many particles each stands for.
    unit : {"nm", "px"}
    left_out : int
        Whole particles that are not wide enough.
    """
    names = {row.column: row for row in STANDARDS}
    rows = []
    for column in (*SHAPE_LENGTHS, *SHAPE_RATIOS):
        row, values = names[column], columns[column]
        words = f"{row.name} [{unit}]" if column in SHAPE_LENGTHS else row.name
        told = map(number, weighted_quantiles(values, weights, (0.1, 0.5, 0.9))) if effective_number(weights) else "–––"
        rows.append((words, row.symbol, *told))
    narrow = f"; {plural(left_out, 'narrower one is', 'narrower ones are')} left out" if left_out else ""
    note = f"Of whole particles at least {RULES.shape_px:g} px wide, each counted alike{narrow}."
    return Table(("shape", "symbol", "10 %", "50 %", "90 %"), tuple(rows), note)


def needed_table(sizes: Sizes) -> Table:
    """Return how well the particles tell means and median, and how many would tell them to 5 %."""
    wanted = f"±{100 * RULES.wanted_half_width:g} %"
    needed = sizes.needed
    rows = tuple((NEEDED_NAMES[name], _half_width(sizes, name, needed[name]), f"{needed[name].number:,}")
                 for name in QUANTITIES if name in needed)  # fmt: skip
    note = f"Of {plural(len(sizes.diameters), 'whole particle')} here." if rows else "Too few particles to tell."
    alike = sizes.uncertainty.alike
    if rows and alike > DIFFERENT:
        note += f" Scans differ: these tell as much as {len(sizes.diameters) / alike:,.0f} independent ones."
    return Table(("uncertainty", "now", f"particles for {wanted}"), rows, note)


def twins_table(twins: TwinResult) -> Table:
    """Return figures as found, and corrected by what twins teach, each with its 95 % interval."""
    share = f"{100 * CONFIDENCE:.0f} %"
    headings = (f"by twins [{twins.unit}]", "as found", f"corrected [{share}]")
    if twins.why_not:
        return Table(headings, (), twins.why_not)
    rows = tuple((TWIN_NAMES.get(row.name, row.name.rsplit("_", 1)[0]), _figure(row.name, row.found), _believed(row))
                 for row in twins.figures if not row.name.startswith("density"))  # fmt: skip
    note = f"By {twins.twins} images like the scans, of known truth; intervals hold the network's errors, too."
    return Table(headings, rows, note)


def _believed(row: Corrected) -> str:
    ends = f"[{_figure(row.name, row.low)}, {_figure(row.name, row.high)}]"
    return f"{_figure(row.name, row.corrected)} {ends}"


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return percent(value) if name == "coverage" else f"{value:,.0f}" if name == "number" else number(value)


def _half_width(sizes: Sizes, name: str, needed: Needed) -> str:
    """Return half the interval as a fraction of the value: drawn where it was, of independent particles otherwise."""
    bounds = sizes.uncertainty.interval(name)
    half = needed.half_width if bounds is None else (bounds.high - bounds.low) / 2 / getattr(sizes.number, name)
    return f"±{100 * half:.2g} %"


def _told(value: float, bounds: Interval | None) -> str:
    if not math.isfinite(value):
        return "–"
    return number(value) if bounds is None else f"{number(value)} [{number(bounds.low)}, {number(bounds.high)}]"
