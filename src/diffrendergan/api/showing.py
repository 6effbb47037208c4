"""What notebooks show: scans with their particles, and tables with their units."""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from diffrendergan.api.measuring import as_labels
from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.words import plural

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.figure import Figure

ROWS = 10
"""Rows of a table that are shown, unless said otherwise."""


@dataclass(frozen=True)
class Picture:
    """A figure that a notebook shows where it is the last line of a cell.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        To be changed or drawn on.
    """

    figure: Figure

    def save(self, path: str | Path) -> None:
        """Write it as PNG, SVG or PDF, by the ending of the path."""
        self.figure.savefig(path)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png")
        return buffer.getvalue()


@dataclass(frozen=True)
class ShownTable:
    """The first rows of a table, with the unit of each column, as a notebook shows them.

    Attributes
    ----------
    table : pyarrow.Table
        The whole table.
    rows : int
        How many rows are shown.
    """

    table: pa.Table
    rows: int = ROWS

    def _repr_html_(self) -> str:
        heads = "".join(map(_head, self.table.schema))
        lines = [
            "<tr>" + "".join(f"<td>{escape(_number(value))}</td>" for value in row.values()) + "</tr>"
            for row in self.table.slice(0, self.rows).to_pylist()
        ]
        more = self.table.num_rows - len(lines)
        rest = f"<p>and {plural(more, 'row')} more</p>" if more > 0 else ""
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>{rest}"


def show(scan: Micrograph | ArrayLike, labels: ArrayLike | None = None, pixel_size_nm: float | None = None) -> Picture:
    """Draw a scan, with its particles in colours if they are given, and its scale bar below.

    Particles that the border cuts have yellow and black stripes.

    Parameters
    ----------
    scan : Micrograph or array (H, W)
        What `read_scan` read, or grey values of any range.
    labels : array of int (H, W), optional
        0 ground, each particle a number, as `Segmenter.segment` returns them.
    pixel_size_nm : float, optional
        Edge of a pixel of an array [nm]; a Micrograph knows its own.

    Returns
    -------
    Picture
        Shown by a notebook; `save(path)` writes it.

    Raises
    ------
    DataError
        If the scan is no grey image, or the labels are none or of another shape.
    """
    from diffrendergan.quantification.particles import measure_particles
    from diffrendergan.reporting.figures.scan_figures import instances_figure

    if not isinstance(scan, Micrograph):
        grey = np.asarray(scan, np.float32)
        if grey.ndim != 2:
            raise DataError(f"the scan is an array {grey.shape}; give grey values (H, W).")
        scan = Micrograph("scan", grey, pixel_size_nm, Path(), bit_depth=32)
    shape = scan.pixels.shape
    numbers = np.zeros(shape, np.int32) if labels is None else as_labels(labels)
    if numbers.shape != shape:
        raise DataError(f"the labels have the shape {numbers.shape} and the scan {shape}; both must be equal.")
    particles = measure_particles(numbers, scan.pixels, scan.field)
    return Picture(instances_figure(scan, numbers, particles.label[particles.touches_border], labels is not None))


def show_table(table: pa.Table, rows: int = ROWS) -> ShownTable:
    """Show the first rows of a table with units; a column's definition appears over its name.

    Parameters
    ----------
    table : pyarrow.Table
        What `measure_particles` returned, or any other.
    rows : int
        How many rows.
    """
    return ShownTable(table, rows)


def _head(field: pa.Field) -> str:
    """Return the head of a column: its name, and below it the unit; its definition appears over it."""
    definition, unit = (escape(_told(field, what)) for what in (b"definition", b"unit"))
    return f'<th title="{definition}">{escape(field.name)}<br>{unit}</th>'


def _told(field: pa.Field, what: bytes) -> str:
    return (field.metadata or {}).get(what, b"").decode()


def _number(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
