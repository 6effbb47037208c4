"""The table that `quantify` ends with."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace

from rich.console import Console

from diffrendergan.cli.commands.quantify_table import _table


def shown(names: list[str], width: int) -> str:
    units = ["nm", "px"]
    rows = [
        {"number": 690, "number_whole": 63, "coverage": 0.098, "fit": "lognormal"}
        | {f"d50_{unit}": 0.0717, f"d50_low_{unit}": 0.067, f"d50_high_{unit}": 0.0777}
        for unit in units
    ]
    records = [
        SimpleNamespace(name=name, unit=unit, row=row) for name, unit, row in zip(names, units, rows, strict=True)
    ]
    sizes = SimpleNamespace(median=(28.7, (27.6, 29.8)), fits=SimpleNamespace(preferred="bimodal"))
    console = Console(highlight=False, width=width, file=StringIO(), record=True)
    console.print(_table(SimpleNamespace(records=records, pooled={"nm": sizes, "px": sizes})))
    return console.export_text()


def test_names_and_units_are_no_markup() -> None:
    text = shown(["probe [red] 1", "b"], 120)
    assert "probe [red] 1" in text and "together [nm]" in text and "together [px]" in text


def test_no_figure_is_cut_in_a_window_of_80_columns() -> None:
    text = shown(["a long name of a scan 0001", "b"], 80)
    assert text.count("0.0717 nm  0.067 to 0.0777  lognormal") == 1 and "…" not in text
