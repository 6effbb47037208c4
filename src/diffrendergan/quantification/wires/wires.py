"""Wires: lengths, widths, curvatures and crossings, and how densely they cover the scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.centrelines.cleaning import clean
from diffrendergan.centrelines.joining import CentreLine, join_segments
from diffrendergan.centrelines.lines import curvatures, direction_deg, line_length, without_cut_ends
from diffrendergan.centrelines.skeleton import SkeletonGraph, trace_skeleton
from diffrendergan.quantification.tables import Column, make_table
from diffrendergan.quantification.wires.thickness import local_thickness
from diffrendergan.sizes.units import scale_of

Floats = NDArray[np.float32]

CROSSING_ARMS = 4
"""Wires cross where at least so many arms meet; where three do, one branches off or ends on another."""
NEAR_BORDER_PX = 1.5

COLUMNS = (
    Column("scan", "none", "name of the scan", pa.string()),
    Column("wire", "none", "number of the wire within the scan", pa.int64()),
    Column("label", "none", "number in the label image of the region it belongs to", pa.int64()),
    Column("length", "length", "length along the centre line, to the tips"),
    Column("end_to_end", "length", "straight distance of both tips"),
    Column("thickness_mean", "length", "mean local thickness along the centre line"),
    Column("thickness_std", "length", "standard deviation of the local thickness along it"),
    Column("curvature_mean", "per_length", "mean curvature along the centre line, without sign"),
    Column("curvature_max", "per_length", "largest curvature along it"),
    Column("orientation_deg", "none", "direction from tip to tip, counter-clockwise from the rows, in [-90, 90)"),
    Column("crossings", "none", "crossings that it passes", pa.int64()),
    Column("x", "length", "middle of the centre line, from the left edge of the scan"),
    Column("y", "length", "middle of the centre line, from the upper edge of the scan"),
    Column("touches_border", "none", "whether the border of the scan cuts it", pa.bool_()),
)


class Wire(NamedTuple):
    """One wire; lengths in pixels, as in `COLUMNS`."""

    label: int
    length: float
    end_to_end: float
    thickness_mean: float
    thickness_std: float
    curvature_mean: float
    """NaN for a wire too short to tell [1/px]."""
    curvature_max: float
    orientation_deg: float
    crossings: int
    x: float
    y: float
    touches_border: bool


@dataclass(frozen=True, eq=False)
class Wires:
    """What there is to say of the wires of one scan, in pixels."""

    wires: tuple[Wire, ...]
    thickness: Floats
    """Local thickness at each pixel, shape (H, W) [px]; 0 outside."""
    crossings: NDArray[np.float64]
    """Places where wires cross, shape (c, 2) as x, y from the scan's outer corner [px]."""
    branches: NDArray[np.float64]
    """Places where a wire branches off or ends on another, shape (b, 2)."""

    @property
    def length(self) -> float:
        """Length of all wires [px]."""
        return sum(wire.length for wire in self.wires)

    @property
    def curvature(self) -> float:
        """Mean curvature, weighted by length [1/px]; NaN if no wire tells any."""
        told = [wire for wire in self.wires if np.isfinite(wire.curvature_mean)]
        total = sum(wire.length for wire in told)
        return sum(wire.length * wire.curvature_mean for wire in told) / total if total else float("nan")


def measure_wires(labels: NDArray[np.integer]) -> Wires:
    """Measure the wires of one scan.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background. Wires that touch or cross may have one number or several.

    Raises
    ------
    DataError
        If there is no background.
    """
    mask = labels > 0
    thickness = local_thickness(mask)
    radius = np.maximum(ndimage.distance_transform_edt(mask) - 0.5, 0) if mask.any() else np.zeros(mask.shape)
    graph = clean(trace_skeleton(mask, radius))
    arms = {node: len(ends) for node, ends in graph.arms().items()}
    places: dict[bool, list[NDArray[np.float64]]] = {True: [], False: []}
    for node, number in arms.items():
        if number >= 3:
            places[number >= CROSSING_ARMS].append(graph.places[node] + 0.5)
    wires = tuple(_measure(line, graph, arms, labels, thickness) for line in join_segments(graph))
    return Wires(wires, thickness, *(np.reshape(places[crossing], (-1, 2)) for crossing in (True, False)))


def wire_table(wires: Wires, pixel_size_nm: float | None, scan: str) -> pa.Table:
    """Return one row a wire, in nanometres, or in pixels where the scale is unknown."""
    values = {name: [getattr(wire, name) for wire in wires.wires] for name in Wire._fields}
    number = len(wires.wires)
    return make_table(
        COLUMNS, {**values, "scan": [scan] * number, "wire": np.arange(1, number + 1)}, scale_of(pixel_size_nm)
    )


def _measure(
    line: CentreLine, graph: SkeletonGraph, arms: dict[int, int], labels: NDArray[np.integer], thickness: Floats
) -> Wire:
    points = line.points
    if not line.closed:
        free = arms.get(line.ends[0]) == 1, arms.get(line.ends[1]) == 1
        points = without_cut_ends(points, labels.shape, free)
    columns, rows = np.clip(np.rint(points).astype(int), 0, np.array(labels.shape[::-1]) - 1).T
    along = thickness[rows, columns]
    along = along[along > 0]
    width = float(along.mean()) if len(along) else 1.0
    bends = curvatures(points, width, line.closed)
    cut = False
    tips = 0.0
    for node in set(line.ends) if not line.closed else ():
        if arms.get(node) == 1:
            at_border = _near_border(graph.places[node], labels.shape)
            cut = cut or at_border
            # Thinning ends one radius before the tip; at the border the wire goes on.
            tips += 0.5 if at_border else graph.radii[node]
    chord = points[-1] - points[0]
    middle = len(points) // 2
    return Wire(
        label=int(labels[rows[middle], columns[middle]]),
        length=line_length(points, line.closed) + tips,
        end_to_end=float(np.hypot(*chord)) + tips,
        thickness_mean=width,
        thickness_std=float(along.std()) if len(along) else 0.0,
        curvature_mean=float(bends.mean()) if len(bends) else float("nan"),
        curvature_max=float(bends.max()) if len(bends) else float("nan"),
        orientation_deg=direction_deg(chord),
        crossings=sum(arms.get(node, 0) >= CROSSING_ARMS for node in line.through),
        x=float(points[middle, 0]) + 0.5,
        y=float(points[middle, 1]) + 0.5,
        touches_border=cut,
    )


def _near_border(place: NDArray[np.float64], shape: tuple[int, ...]) -> bool:
    column, row = place
    return bool(min(column, row, shape[1] - 1 - column, shape[0] - 1 - row) < NEAR_BORDER_PX)
