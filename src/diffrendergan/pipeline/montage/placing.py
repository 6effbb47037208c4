"""Where the tiles of a montage lie: as stated, or as their overlaps show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.montage.positions import Stated
from diffrendergan.pipeline.montage.refining import Refined, facing, layout_at, refined
from diffrendergan.pipeline.montage.rules import MONTAGE_RULES
from diffrendergan.pipeline.montage.tiles import pixel_size_of_all, sizes_of
from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural

Read = Callable[[Path], Micrograph]
"""Reads a tile."""


def in_rows(records: Sequence[ScanRecord], stated: Stated) -> list[ScanRecord]:
    """Return the tiles row by row, so that neighbours come one after the other."""
    height = float(np.median([record.row["height_px"] for record in records]))
    places = dict(zip((r.name for r in records),
                      stated.in_px([r.name for r in records], pixel_size_of_all(records)), strict=True))  # fmt: skip
    return sorted(records, key=lambda record: (round(places[record.name][1] / height * 2), places[record.name][0]))


def placed(
    records: Sequence[ScanRecord],
    stated: Stated,
    refine: bool,
    read: Read,
    files: Mapping[str, Path],
    reporter: Reporter,
) -> tuple[Layout, list[str], NDArray[np.float64]]:
    """Return where the tiles lie, what is to be said of it, and the stated places [px].

    Parameters
    ----------
    records : sequence of ScanRecord
        Of the tiles, row by row.
    stated : Stated
    refine : bool
        Look in the overlaps where they really lie.
    read : callable
        Reads a tile.
    files : mapping
        The files of the tiles, by name.
    reporter : Reporter

    Raises
    ------
    DataError
        If no two tiles overlap.
    """
    sizes = sizes_of(records)
    places = stated.in_px([record.name for record in records], pixel_size_of_all(records))
    pixels_of = _pixels_by(records, read, files)
    said = []
    if stated.of_stage:
        directions = facing(places, sizes, pixels_of)
        places = places * directions
        places -= places.min(axis=0)
        if directions != (1, 1):
            axes = " and ".join(axis for axis, way in zip("xy", directions, strict=True) if way < 0)
            said.append(f"The stage's axis {_axis_words(axes)} the other way than the images' pixels.")
    layout = layout_at(places, sizes)
    if not len(layout.pairs):
        raise DataError("no two tiles overlap by these places; check them, their unit and the pixel size.")
    if refine:
        found = refined(
            places, sizes, pixels_of, lambda pairs: reporter.track(pairs, "Comparing overlaps", total=len(pairs))
        )
        layout = layout_at(found.places, sizes)
        said.append(_moved_words(found))
    for line in said:
        reporter.note(line)
    return layout, said, places


def _axis_words(axes: str) -> str:
    """Return ``y runs`` or ``x and y run``."""
    return f"{axes} {'run' if ' ' in axes else 'runs'}"


def _moved_words(found: Refined) -> str:
    if not found.told:
        return (
            "warning: no overlap shows the same in both of its tiles: places are as stated, and particles may be "
            "counted twice; check the places."
        )
    told = f"as {found.told} of {plural(found.of, 'overlap')} show"
    if found.moved.max() < 1:
        return f"The stated places are right to a pixel, {told}."
    return (
        f"The stated places were off by {np.median(found.moved):.1f} px in the median, {found.moved.max():.1f} px at "
        f"most, and were corrected, {told}."
    )


def _pixels_by(
    records: Sequence[ScanRecord], read: Read, files: Mapping[str, Path]
) -> Callable[[int], NDArray[np.float32]]:
    @lru_cache(maxsize=MONTAGE_RULES.kept_tiles)
    def pixels(number: int) -> NDArray[np.float32]:
        record = records[number]
        scan = read(files[record.name])
        # The label image may lack rows at the bottom.
        return scan.pixels[: record.row["height_px"], : record.row["width_px"]]

    return pixels
