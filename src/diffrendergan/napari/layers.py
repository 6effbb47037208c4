"""Scans and particles as layers of napari: every one with its scale, its unit and the names of its axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.exchange.sets.ome_zarr import halvings, mean_halved, nearest_halved
from diffrendergan.image_files.metadata.words import unit_in_nm
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph

LayerData = tuple[Any, dict[str, Any], str]
"""What napari makes a layer of: data, settings, kind."""
KEY = "diffrendergan"
"""Under it a layer keeps its `Source`, in its metadata."""
MOST_EDGE_PX = 8192
"""Longer images are shown as levels of half the size each: graphics cards take none that are longer than 8192 to 16384,
and napari leaves pixels out otherwise, also particles."""
MOST_ROWS = 1_000_000
"""Of a table with a row for every number up to the highest."""
SQUARE = 1e-3
"""Edges of pixels that differ by less than this fraction are equal."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where a layer comes from."""

    name: str
    """Of the scan."""
    scan: Micrograph | None = None
    """As it was read; None where its file is not there."""
    rules: ReadingRules = field(default_factory=ReadingRules)
    """How it was read."""
    run: Path | None = None
    """The run whose network found its particles."""
    folder: Path | None = None
    """What it was opened from: results, or a run."""


def scan_layer(scan: Micrograph, source: Source, visible: bool = True) -> LayerData:
    """Return a scan as an image layer."""
    settings = {"name": scan.name, "visible": visible, "metadata": {KEY: source}}
    large = max(scan.pixels.shape) > MOST_EDGE_PX
    data = list(halvings(scan.pixels, mean_halved)) if large else scan.pixels
    return data, {**settings, **_place(scan.pixel_size_nm), "multiscale": large}, "image"


def labels_layer(
    labels: NDArray[np.int32],
    pixel_size_nm: float | None,
    source: Source,
    table: pa.Table | None = None,
    visible: bool = True,
) -> LayerData:
    """Return particles as a layer of labels, with what was measured of them as its features."""
    settings = {"name": f"{source.name} particles", "visible": visible, "metadata": {KEY: source}}
    large = max(labels.shape) > MOST_EDGE_PX
    data = list(halvings(labels, nearest_halved)) if large else labels
    features = {} if table is None else {"features": features_of(table)}
    return data, {**settings, **_place(pixel_size_nm), **features, "multiscale": large}, "labels"


def features_of(table: pa.Table) -> dict[str, NDArray[Any]]:
    """Return a particle table as features: `index` is the number of the particle in the label image.

    There is a row for every number from 0 on, empty for those that are no particle: napari's own table takes row i for
    number i, whatever `index` says. Only where the numbers are very high, there are rows of particles alone.
    """
    numbers = table["label"].to_numpy()
    highest = int(numbers.max()) if len(numbers) else 0
    rows = np.arange(len(numbers)) if highest >= MOST_ROWS else numbers
    length = len(numbers) if highest >= MOST_ROWS else highest + 1
    index = numbers if highest >= MOST_ROWS else np.arange(length)
    features: dict[str, NDArray[Any]] = {"index": index.astype(np.int64)}
    for name in table.column_names:
        if name in ("label", "scan") or table[name].null_count == len(numbers):
            continue
        values = table[name].to_numpy(zero_copy_only=False)
        column = np.full(length, np.nan) if np.issubdtype(values.dtype, np.number) else np.full(length, None, object)
        column[rows] = values
        features[name] = column
    return features


def full_size(data: Any) -> NDArray[Any]:
    """Return the pixels of a layer: the first of its levels where it has several."""
    levels = not hasattr(data, "dtype")
    return np.asarray(data[0] if levels else data)


def pixel_size_of(scale: Sequence[float], units: Sequence[Any] | None, name: str) -> float | None:
    """Return the edge of a pixel [nm] of a layer, whatever its unit of length; None where that is none.

    Raises
    ------
    DataError
        If its pixels are not square.
    """
    known = [unit_in_nm(str(unit)) for unit in units or ()]
    edges = [float(edge) * unit for edge, unit in zip(scale[-2:], known[-2:], strict=False) if unit is not None]
    if len(edges) < 2:
        return None
    if abs(edges[0] - edges[1]) > SQUARE * edges[1]:
        raise DataError(
            f"the pixels of the layer {name} are {edges[1]:.4g} nm wide and {edges[0]:.4g} nm high; only square ones "
            "can be measured: set the same scale for both axes."
        )
    return edges[1]


def source_of(metadata: Mapping[str, Any], name: str) -> Source:
    """Return where a layer comes from; of one that we did not make, only its name is known.

    Raises
    ------
    DataError
        If that name can be no file's.
    """
    known = metadata.get(KEY)
    if isinstance(known, Source):
        return known
    if any(sign in name for sign in '/\\:*?"<>|') or name in ("", ".", ".."):
        raise DataError(f"the layer {name!r} has a name that no file can have; rename it.")
    return Source(name)


def _place(pixel_size_nm: float | None) -> dict[str, Any]:
    """Return scale, unit and axes: of all layers, since one without a unit takes it from all."""
    edge, unit = (1.0, "pixel") if pixel_size_nm is None else (pixel_size_nm, "nanometer")
    return {"scale": (edge, edge), "units": (unit, unit), "axis_labels": ("y", "x")}
