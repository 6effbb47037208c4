"""The table that `quantify` ends with."""

from __future__ import annotations

from io import StringIO
from types import SimpleNamespace

from rich.console import Console

from diffrendergan.cli.commands.quantify_table import _table, _wires_table


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


def test_of_wires_thickness_is_shown_and_no_diameter_of_regions() -> None:
    row = {"number": 14, "coverage": 0.0945, "d50_nm": 204.3, "wires": 5, "wire_length_nm": 2082.5, "crossings": 1,
           "thickness_d10_nm": 157.6, "thickness_d50_nm": 208.47, "thickness_d90_nm": 286.5}  # fmt: skip
    console = Console(highlight=False, width=80, file=StringIO(), record=True)
    console.print(_wires_table(SimpleNamespace(records=[SimpleNamespace(name="a", unit="nm", row=row)])))
    cells = console.export_text().splitlines()[3].split()
    assert " ".join(cells) == "a 5 2082 nm 9.4 % 208 nm 158 to 286 1"


def test_names_and_units_are_no_markup() -> None:
    text = shown(["probe [red] 1", "b"], 120)
    assert "probe [red] 1" in text and "together [nm]" in text and "together [px]" in text


def test_no_figure_is_cut_in_a_window_of_80_columns() -> None:
    text = shown(["a long name of a scan 0001", "b"], 80)
    assert text.count("0.0717 nm  0.067 to 0.0777  lognormal") == 1 and "…" not in text
