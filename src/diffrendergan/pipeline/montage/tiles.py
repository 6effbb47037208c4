"""The tiles of a montage as `quantify` left them: their particles, label images and grey values, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tifffile
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.pipeline.montage.rules import MONTAGE_RULES
from diffrendergan.quantification.montage.owning import TileParticles
from diffrendergan.quantification.results import PARTICLES, ScanRecord, read_columns
from diffrendergan.quantification.tables import read_table

TILES = "tiles"
"""Where the results of the tiles lie in those of the montage."""
BOX = ("box_left", "box_top", "box_width", "box_height")


def sizes_of(records: Sequence[ScanRecord]) -> NDArray[np.int64]:
    """Return width and height of each tile, shape (n, 2) [px]."""
    return np.array([(record.row["width_px"], record.row["height_px"]) for record in records], np.int64)


def pixel_size_of_all(records: Sequence[ScanRecord]) -> float | None:
    """Return the one pixel size of all tiles [nm]; None where it is unknown.

    Raises
    ------
    DataError
        If tiles have different ones.
    """
    known = {record.row["pixel_size_nm"] for record in records}
    sizes = [size for size in known if size is not None]
    if len(sizes) != len(known) or not sizes:
        if sizes:
            raise DataError("the pixel size of some tiles is unknown; give it with --pixel-size-nm.")
        return None
    if max(sizes) > min(sizes) * 1.001:
        raise DataError(
            f"tiles have pixels of {min(sizes):.5g} to {max(sizes):.5g} nm; a montage needs one size: give it with "
            "--pixel-size-nm, or measure each magnification by itself."
        )
    return float(sizes[0])


def particles_of(tiles: Path, record: ScanRecord) -> TileParticles:
    """Return the particles of a tile, in its pixels.

    Raises
    ------
    DataError
        If the table is missing or broken.
    """
    unit, per_px = record.unit, record.row["pixel_size_nm"] or 1.0
    area_unit = "nm2" if unit == "nm" else "px"
    names = ("label", f"area_{area_unit}", "touches_border", *(f"{name}_{unit}" for name in ("x", "y", *BOX)))
    label, area, cut, x, y, *box = read_columns(tiles, record, names)
    return TileParticles(
        label.astype(np.int64),
        np.stack([x, y], axis=1) / per_px,
        np.round(np.stack(box, axis=1) / per_px),
        cut.astype(bool),
        np.round(area / per_px**2),
    )


def labels_by(tiles: Path, records: Sequence[ScanRecord]) -> Callable[[int], NDArray[np.integer]]:
    """Return what reads the label image of a tile by its number; the last ones stay in memory."""

    @lru_cache(maxsize=MONTAGE_RULES.kept_tiles)
    def labels(number: int) -> NDArray[np.integer]:
        path = tiles / "labels" / f"{records[number].name}.tif"
        try:
            values = tifffile.imread(path)
        except Exception as error:  # broken files fail in many ways
            raise DataError(f"{path} cannot be read ({error}); give the command again with --force.") from error
        return values if np.issubdtype(values.dtype, np.integer) else values.astype(np.int32)

    return labels


def table_of(
    tiles: Path, record: ScanRecord, kept: NDArray[np.bool_], corner: NDArray[np.int64], weights: NDArray[np.float64]
) -> pa.Table:
    """Return the rows of a tile's table that count, with places in the montage and weights of the border.

    Parameters
    ----------
    tiles : Path
        The results of the tiles.
    record : ScanRecord
        Of the tile.
    kept : ndarray of bool, shape (k,)
    corner : ndarray, shape (2,)
        Its left and upper edge in the montage [px].
    weights : ndarray, shape (kept,)
    """
    table = read_table(tiles / PARTICLES / f"{record.name}.parquet")
    table = table.select([name for name in table.column_names if not name.startswith("whole_")]).filter(pa.array(kept))
    changed: dict[str, Any] = {"border_weight": weights}
    for axis, names in ((0, ("x", "box_left")), (1, ("y", "box_top"))):
        for name in names:
            column = f"{name}_{record.unit}"
            changed[column] = table[column].to_numpy() + corner[axis] * (record.row["pixel_size_nm"] or 1.0)
    for name, values in changed.items():
        place = table.column_names.index(name)
        table = table.set_column(
            place, table.field(place), pa.chunked_array([pa.array(values, table.field(place).type)])
        )
    return table
