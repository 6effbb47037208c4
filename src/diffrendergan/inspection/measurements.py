"""All that is measured on the scans of a folder before anything is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from diffrendergan.detection.blobs import NO_CIRCLES, Circles, find_circles
from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.detection.particle_table import ParticleTable, tabulate
from diffrendergan.detection.ridges import Wire, draw_wires, usual_wires, wires_within
from diffrendergan.inference.seen import SeenScan, see
from diffrendergan.inspection.rules import RULES
from diffrendergan.micrographs.types import BoolImage, FloatImage, LabelImage, Micrograph
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.rules import RULES as SIZE_RULES
from diffrendergan.sizes.specks import no_specks


@dataclass(frozen=True, eq=False)
class ScanMeasurement:
    """One scan."""

    name: str
    pixels: FloatImage
    """Grey values, shape (H, W)."""
    labels: LabelImage
    """Particles, shape (H, W)."""
    pieces: ParticleTable
    """These particles."""
    regions: ParticleTable
    """Connected regions of them: whole agglomerates."""
    circles: Circles
    """Circles, without specks."""
    wires: tuple[Wire, ...]
    by_circles: float
    """Fraction of the particles' area that lies within circles."""
    by_wires: float | None
    """Fraction of the particles' area that lies on wires; None where none were looked for."""
    field: BoolImage | None = None
    """What of these pixels was recorded; None for all."""
    seen: SeenScan | None = None
    """What a posterior is told of it; None where the outlines are guessed."""


def measure_scans(
    scans: Sequence[Micrograph], particles: Sequence[ScanParticles], dark: bool, reporter: Reporter
) -> tuple[ScanMeasurement, ...]:
    """Measure particles and circles of scans, and wires of at most `RULES.wires_scans` of them.

    Parameters
    ----------
    scans, particles : sequence
        Scans, and what `find_particles` found in each.
    dark : bool
        Whether particles are darker than the background.
    reporter : Reporter
        Shows progress.

    Returns
    -------
    tuple of ScanMeasurement
        In the order of the scans.
    """
    chosen = list(zip(scans, particles, strict=True))
    brights = [1 - scan.pixels if dark else scan.pixels for scan in scans]
    looked = range(0, len(chosen), max(1, -(-len(chosen) // RULES.wires_scans)))
    found_wires = usual_wires([brights[at] for at in looked], [chosen[at][1].labels > 0 for at in looked])
    wires = {at: wires_within(some, scans[at].field) for at, some in zip(looked, found_wires, strict=True)}
    return tuple(
        _measure(number, scan, found, bright, wires.get(number))
        for number, ((scan, found), bright) in enumerate(
            zip(reporter.track(chosen, "Measuring particles", total=len(chosen)), brights, strict=True)
        )
    )


def _measure(
    number: int, scan: Micrograph, found: ScanParticles, bright: FloatImage, wires: tuple[Wire, ...] | None
) -> ScanMeasurement:
    mask = found.labels > 0
    # Circles measure where outlines are guessed.
    circles = NO_CIRCLES if found.outlined else _without_specks(_within(find_circles(bright), scan.field))
    pieces = tabulate(found.labels, scan.pixels, number, scan.field, found.outlined)
    told = (found.surety, found.magnification, scan.field)
    seen = see(pieces, found.labels, scan.pixels, *told) if found.outlined else None
    return ScanMeasurement(
        name=scan.name,
        pixels=scan.pixels,
        labels=found.labels,
        pieces=pieces,
        regions=tabulate(np.asarray(ndimage.label(mask)[0], np.int32), scan.pixels, number, scan.field),
        circles=circles,
        wires=wires or (),
        by_circles=_share(mask, draw_circles(mask.shape, circles)),
        by_wires=None if wires is None else _share(mask, draw_wires(mask.shape, wires, 1.5)),
        field=scan.field,
        seen=seen,
    )


def draw_circles(shape: tuple[int, int], circles: Circles) -> BoolImage:
    """Return the area that circles cover, shape (H, W)."""
    area = np.zeros(shape, bool)
    for x, y, radius in zip(circles.x, circles.y, circles.radius, strict=True):
        top, left = max(0, int(y - radius)), max(0, int(x - radius))
        rows, columns = np.ogrid[top : min(shape[0], int(y + radius) + 2), left : min(shape[1], int(x + radius) + 2)]
        part = area[top : top + rows.size, left : left + columns.size]
        part |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return area


def _within(circles: Circles, field: BoolImage | None) -> Circles:
    """Return the circles whose centres lie in the field; those that its edge cuts are not whole."""
    if field is None or len(circles) == 0:
        return circles
    depth = ndimage.distance_transform_edt(np.pad(field, 1))[1:-1, 1:-1]
    rows = np.round(circles.y).astype(int).clip(0, field.shape[0] - 1)
    columns = np.round(circles.x).astype(int).clip(0, field.shape[1] - 1)
    here = depth[rows, columns]
    whole = circles.whole & (here > circles.radius)
    kept = here > 0
    return Circles(circles.x[kept], circles.y[kept], circles.radius[kept], circles.support[kept], whole[kept])


def _without_specks(circles: Circles) -> Circles:
    kept = no_specks(circles.radius**2, SIZE_RULES.round_speck_share)
    return Circles(circles.x[kept], circles.y[kept], circles.radius[kept], circles.support[kept], circles.whole[kept])


def _share(mask: BoolImage, area: BoolImage) -> float:
    return float((mask & area).sum() / max(int(mask.sum()), 1))
