"""`quantify --montage`: tiles are measured one by one, put together by their places, and each particle counted once.

The montage never is in memory as a whole: a few tiles are, and the numbers of all particles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import Listing
from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.pipeline.montage.combined import NAME, combined, counted_words
from diffrendergan.pipeline.montage.placing import in_rows, placed
from diffrendergan.pipeline.montage.positions import read_positions
from diffrendergan.pipeline.montage.tiles import TILES, labels_by, particles_of
from diffrendergan.pipeline.quantify.grey import fitted
from diffrendergan.pipeline.quantify.records import basis, discard, open_results
from diffrendergan.pipeline.quantify.run import QuantifySummary, quantify_scans
from diffrendergan.pipeline.quantify.scan import read_for
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.pipeline.quantify.together import write_together
from diffrendergan.pipeline.quantify.warnings import warnings_of
from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.quantification.montage.owning import owned_particles
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural

RECORD = "montage.json"
WARNING = "warning: "


@dataclass(frozen=True)
class MontageSettings:
    """Where the tiles lie.

    Attributes
    ----------
    source : Path
        A list of positions, or `ome` for what the files say.
    refine : bool
        Look in the overlaps where the tiles really lie.
    """

    source: Path
    refine: bool = True


def quantify_montage(
    listing: Listing,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    montage: MontageSettings,
    out: Path,
    reporter: Reporter,
    workers: int = 1,
) -> QuantifySummary:
    """Measure the particles of a montage of overlapping tiles, each of them once.

    Results of the tiles are kept in `out / "tiles"` as `quantify` keeps them; those of the montage are as those of one
    scan, named `montage`.

    Parameters
    ----------
    listing : Listing
        The tiles.
    segmenter, settings, out, reporter, workers
        As of `quantify_scans`.
    montage : MontageSettings

    Raises
    ------
    DataError
        If places are missing or make no montage, or tiles cannot be put together.
    RunFolderError
        If `out` holds something else, is in use, or cannot be written.
    """
    stated = read_positions(montage.source, listing.files)
    missing = [name for name in listing.files if name not in stated.places]
    if missing:
        without = plural(len(missing), "scan is left out, for which", "scans are left out, for which")
        reporter.note(f"{without} no place is stated: {some(missing)}.")
    paths = [path for name, path in listing.files.items() if name in stated.places]
    segmenter, said = fitted(segmenter, paths, settings)
    shared = {**basis(segmenter, settings), "montage": {"tiles": len(paths), "refine": montage.refine}}
    read = partial(read_for, reader=segmenter, settings=settings)
    each = replace(settings, figures=False, sheet=False, bootstrap=0, read=read)
    with open_results(out, shared, settings):
        tiles = quantify_scans(paths, segmenter, each, out / TILES, reporter, workers=workers)
        if tiles.failed:
            reporter.note(
                f"warning: {plural(len(tiles.failed), 'tile is', 'tiles are')} missing: what only they show is not "
                "counted, and is no part of the area."
            )
        if not tiles.records:
            raise DataError("no tile could be measured, so there is no montage.")
        if any(record.thickness is not None for record in tiles.records):
            raise DataError("wires cannot be put together over tiles; measure each scan, without --montage.")
        records = in_rows(tiles.records, stated)
        layout, place_said, where = placed(records, stated, montage.refine, read, listing.files, reporter)
        return _montage(
            out, records, layout, where, shared, settings, tiles, (*said, *place_said), segmenter.doubts, reporter
        )


def _montage(
    out: Path,
    records: Sequence[ScanRecord],
    layout: Layout,
    stated: NDArray[np.float64],
    shared: dict[str, object],
    settings: QuantifySettings,
    tiles: QuantifySummary,
    said: Sequence[str],
    doubts: Sequence[str],
    reporter: Reporter,
) -> QuantifySummary:
    folder = out / TILES
    found = [particles_of(folder, record) for record in records]
    turns = reporter.track(range(len(records)), "Putting tiles together", total=len(records))
    owned = owned_particles(layout, found, labels_by(folder, records), turns)
    discard(out, NAME)
    record = combined(out, records, layout, found, owned, shared, settings)
    words = counted_words(owned)
    for line in words:
        reporter.note(line)
    write_json(out / RECORD, {
        "said": [*said, *words],
        "tiles": [
            {"tile": one.name, "stated_px": place.round(2).tolist(), "corner_px": corner.tolist(),
             "particles": int(kept.sum()), "owned_px": int(px)}
            for one, place, corner, kept, px in zip(
                records, stated, layout.corners, owned.kept, owned.tile_px, strict=True
            )
        ],
    })  # fmt: skip
    warnings = [
        *doubts,
        *told_remarks((one.name, one.doubts) for one in records),
        *warnings_of([record], settings.min_region_option),
        *(line.removeprefix(WARNING) for line in (*said, *words) if line.startswith(WARNING)),
    ]
    pages = replace(settings, sheet=False)
    pooled = write_together(out, [record], tiles.failed, warnings, dict(shared), pages, (), said)
    return QuantifySummary(out, (record,), tiles.kept, tiles.failed, pooled, tuple(warnings))
