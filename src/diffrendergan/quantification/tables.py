"""Tables whose columns name their units, as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from diffrendergan.errors import DataError, first_line
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.cells import plain_cell
from diffrendergan.sizes.units import Quantity, Scale

FLOAT = pa.float64()


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    stem: str
    """Its name without unit."""
    quantity: Quantity
    definition: str
    kind: pa.DataType = FLOAT

    def name(self, scale: Scale) -> str:
        """Return its name with unit, e.g. `diameter_nm`."""
        return self.stem + scale.ending(self.quantity)


def make_table(columns: Sequence[Column], values: Mapping[str, Any], scale: Scale) -> pa.Table:
    """Return a table in the unit of a scale.

    Parameters
    ----------
    columns : sequence of Column
        In the table's order.
    values : mapping
        A sequence of equal length for each column's stem; lengths and areas in pixels. NaN becomes a missing value.
    scale : Scale
        What a pixel is worth.

    Returns
    -------
    pyarrow.Table
        Each field's metadata hold `unit` and `definition`.
    """
    arrays, fields = [], []
    for column in columns:
        array = pa.array(values[column.stem], column.kind, from_pandas=True)
        if column.quantity != "none":
            array = pc.multiply(array, pa.scalar(scale.factor(column.quantity)))
        arrays.append(array)
        metadata = {"unit": scale.symbol(column.quantity), "definition": column.definition}
        fields.append(pa.field(column.name(scale), array.type, metadata=metadata))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def write_table(folder: Path, name: str, table: pa.Table) -> list[Path]:
    """Write NAME.csv and NAME.parquet, atomically; returns both paths."""
    return write_tables(folder, name, [table])


def write_tables(folder: Path, name: str, tables: Iterable[pa.Table]) -> list[Path]:
    """Write tables of equal columns as one NAME.csv and one NAME.parquet; only one of them is in memory at a time.

    Raises
    ------
    DataError
        If there is no table, or if their columns differ.
    RunFolderError
        If a file cannot be written.
    """
    csv, parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
    remaining = iter(tables)
    first = next(remaining, None)
    if first is None:
        raise DataError(f"there is nothing to write to {csv}.")
    with (
        atomic_path(csv) as text,
        atomic_path(parquet) as binary,
        pa_csv.CSVWriter(text, first.schema) as lines,
        pq.ParquetWriter(binary, first.schema) as rows,
    ):
        for table in chain([first], remaining):
            if table.schema != first.schema:
                raise DataError(f"{csv} cannot hold tables of different columns; quantify the scans again.")
            lines.write_table(_plain(table))
            rows.write_table(table)
    return [csv, parquet]


def _plain(table: pa.Table) -> pa.Table:
    """Return a table whose texts no spreadsheet takes for formulas."""
    columns = [
        pa.array([plain_cell(value) for value in column.to_pylist()], column.type)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a Parquet table, or some of its columns.

    Raises
    ------
    DataError
        If the file is missing or broken.
    """
    try:
        return pq.read_table(path, columns=None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        reason = first_line(error)
        raise DataError(f"{path} cannot be read as a Parquet table ({reason}); quantify the scan again.") from error
