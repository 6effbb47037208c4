"""What `quantify` shows at its end: a table of the scans, and what to know about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from diffrendergan.cli.errors import USER_ERROR, show_error, show_warning

if TYPE_CHECKING:
    from rich.table import Table

    from diffrendergan.pipeline.quantify.run import QuantifySummary
    from diffrendergan.quantification.results import ScanRecord
    from diffrendergan.twins.results import TwinResult

MOST_ROWS = 40
"""More scans are not printed, but counted."""


def show_all(made: QuantifySummary, quiet: bool) -> None:
    """Show what was measured; ends with status 1 if a scan could not be used."""
    from diffrendergan.config.words import some

    show_summary(made, quiet)
    if made.failed:
        total, which = len(made.records) + len(made.failed), some(sorted(made.failed))
        show_error(f"{len(made.failed)} of {total} scans could not be used ({which}); summary.json says why.")
        raise typer.Exit(USER_ERROR)


def show_summary(made: QuantifySummary, quiet: bool) -> None:
    """Print the table, how fits are preferred, and where the results are; warnings come last."""
    from diffrendergan.cli.tables import for_tables
    from diffrendergan.sizes.fits import PREFERRED_RULE

    wires = any(of_wires(record) for record in made.records)
    if wires:
        for_tables().print(_wires_table(made))
        if not quiet:
            typer.echo("thickness: of all pixels; diameters in scans.csv are those of connected regions", err=True)
    elif made.records:
        for_tables().print(_table(made))
    if not quiet and not wires and any(sizes.fits.preferred for sizes in made.pooled.values()):
        typer.echo(f"fit: {PREFERRED_RULE}", err=True)
    for result in made.twins.values():
        if not result.why_not:
            for_tables().print(_twin_table(result))
    typer.echo(f"wrote {made.out}")
    for sentence in () if quiet else made.warnings:
        show_warning(sentence)


def _table(made: QuantifySummary) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    # Narrow windows break names: figures stay whole.
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    for heading in ("scan", "particles", "whole", "covered", "median", "95 %", "fit"):
        left, name = heading in ("scan", "fit"), heading == "scan"
        table.add_column(heading, justify="left" if left else "right", no_wrap=not name, overflow="fold")
    for record in made.records[:MOST_ROWS]:
        row, unit = record.row, record.unit
        ends = (row[f"d50_low_{unit}"], row[f"d50_high_{unit}"])
        counts = (str(row["number"]), str(row["number_whole"]), f"{100 * row['coverage']:.1f} %")
        table.add_row(escape(record.name), *counts, *_told(row[f"d50_{unit}"], ends, unit), row["fit"] or "–")
    if len(made.records) > MOST_ROWS:
        table.add_row(f"… {len(made.records) - MOST_ROWS} more in scans.csv", *[""] * 6)
    if len(made.records) > 1:
        table.add_section()
        for unit, sizes in made.pooled.items():
            group = [record.row for record in made.records if record.unit == unit]
            median, bounds = sizes.median
            number, whole = (str(sum(row[key] for row in group)) for key in ("number", "number_whole"))
            fit = sizes.fits.preferred or "–"
            told = _told(median, (None, None) if bounds is None else tuple(bounds), unit)
            table.add_row(escape(f"together [{unit}]"), number, whole, "", *told, fit)
    return table


def of_wires(record: ScanRecord) -> bool:
    """Tell whether the wires of a scan were measured, not its particles alone."""
    return record.row.get("wires") is not None


def _wires_table(made: QuantifySummary) -> Table:
    """Return what counts of wires: a diameter of their regions means nothing."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    for heading in ("scan", "wires", "length", "covered", "thickness", "10 to 90 %", "crossings"):
        name = heading == "scan"
        table.add_column(heading, justify="left" if name else "right", no_wrap=not name, overflow="fold")
    for record in made.records[:MOST_ROWS]:
        row, unit = record.row, record.unit
        ends = (row.get(f"thickness_d10_{unit}"), row.get(f"thickness_d90_{unit}"))
        thickness = _told(row.get(f"thickness_d50_{unit}"), ends, unit)
        length = f"{row[f'wire_length_{unit}']:.4g} {unit}"
        covered = f"{100 * row['coverage']:.1f} %"
        table.add_row(escape(record.name), str(row["wires"]), length, covered, *thickness, str(row["crossings"]))
    if len(made.records) > MOST_ROWS:
        table.add_row(f"… {len(made.records) - MOST_ROWS} more in scans.csv", *[""] * 6)
    return table


def _twin_table(result: TwinResult) -> Table:
    from rich import box
    from rich.table import Table

    from diffrendergan.reporting.sheet.sheet import twins_table

    told = twins_table(result)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(told.headings):
        table.add_column(heading.replace("[", r"\["), justify="right" if place else "left", no_wrap=True)
    for row in told.rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    return table


def _told(median: float | None, ends: tuple[float | None, ...], unit: str) -> tuple[str, str]:
    if median is None or median != median:
        return "–", "–"
    low, high = ends
    return f"{median:.3g} {unit}", "–" if low is None or high is None else f"{low:.3g} to {high:.3g}"
