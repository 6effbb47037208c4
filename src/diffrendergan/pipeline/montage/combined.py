"""The particles of a montage as those of one scan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.pipeline.montage.tiles import TILES, pixel_size_of_all, table_of
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.quantification.montage.owning import Owned, TileParticles
from diffrendergan.quantification.montage.weights import montage_weights
from diffrendergan.quantification.results import PARTICLES, ScanRecord, write_record
from diffrendergan.quantification.scan_table import Counted, counted_row
from diffrendergan.quantification.tables import write_tables
from diffrendergan.runs.words import plural
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.sizes import analyse_sizes
from diffrendergan.sizes.units import scale_of

NAME = "montage"


def combined(
    out: Path,
    records: Sequence[ScanRecord],
    layout: Layout,
    found: Sequence[TileParticles],
    owned: Owned,
    shared: dict[str, object],
    settings: QuantifySettings,
) -> ScanRecord:
    """Write the table of particles and the record of the montage."""
    size, first = pixel_size_of_all(records), records[0]
    scale = scale_of(size)
    boxes = np.concatenate([tile.box[kept] for tile, kept in zip(found, owned.kept, strict=True)])
    cut = np.concatenate([tile.cut[kept] for tile, kept in zip(found, owned.kept, strict=True)])
    weights = np.zeros(len(cut))
    weights[~cut] = montage_weights(boxes[~cut, 2], boxes[~cut, 3], layout)
    parts = np.split(weights, np.cumsum([int(kept.sum()) for kept in owned.kept])[:-1])
    files = write_tables(
        out / PARTICLES,
        NAME,
        (
            table_of(out / TILES, record, kept, corner, part)
            for record, kept, corner, part in zip(records, owned.kept, layout.corners, parts, strict=True)
        ),
    )
    areas = np.concatenate([tile.area[kept] for tile, kept in zip(found, owned.kept, strict=True)])
    diameters = np.sqrt(4 * areas / np.pi) * scale.per_px
    sizes = analyse_sizes(diameters, weights, scale.unit, settings.bootstrap, settings.seed, NAME)
    row = counted_row(NAME, _counted(records, layout, owned, areas, cut, weights), sizes, size, scale)
    record = ScanRecord(
        name=NAME, unit=scale.unit, row=row, sizes=sizes.to_json(), thickness=None,
        files=tuple(str(file.relative_to(out)) for file in files), figures=(), made_from=dict(shared),
        pixel_size_from=first.pixel_size_from,
    )  # fmt: skip
    write_record(out, record)
    return record


def _counted(
    records: Sequence[ScanRecord],
    layout: Layout,
    owned: Owned,
    areas: NDArray[np.float64],
    cut: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> Counted:
    # What of a tile was not recorded is left out by its share of the tile.
    recorded = np.array([record.row["field_px"] for record in records]) / layout.sizes.prod(axis=1)
    area = round(float((owned.tile_px * recorded).sum()))
    return Counted(
        layout.shape, area, owned.covered_px, owned.number, int((~cut).sum()),
        int((~cut & (areas < RULES.speck_px)).sum()), sum(record.row["number_unsure"] for record in records),
        float(weights.sum()),
    )  # fmt: skip


def counted_words(owned: Owned) -> list[str]:
    """Say how many particles were found, and how many of them are the same."""
    words = [
        f"{owned.found:,} particles in all tiles are {owned.number:,} of the montage; {owned.from_neighbour:,} that "
        "one tile cuts are taken from another."
    ]
    if owned.cut_by_seams:
        which = plural(owned.cut_by_seams, "particle lies", "particles lie")
        words.append(
            f"warning: {which} whole in no tile, since they are larger than the overlaps: they are corrected for as "
            "those that the border cuts; let tiles overlap by more than the largest particle."
        )
    return words
