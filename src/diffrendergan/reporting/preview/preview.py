"""Real patches and arrangements in a neutral material, compared before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.calibration.real import RealPatches, read_real_patches
from diffrendergan.calibration.trial import Outcome, Stand
from diffrendergan.config.project import Project
from diffrendergan.generalist.search import search_of
from diffrendergan.reporting.preview.preview_words import Difference, explain
from diffrendergan.runs.reporter import Reporter

PATCHES, SCANS = 12, 4
"""Real patches that are compared, and the scans they come from: finding particles in more takes too long."""
FEW_PATCHES, MORE_SCANS = 6, 16
"""If so few patches with enough whole particles are found, more scans are searched."""
MISREAD, LEAST_COVERED = 0.5, 0.02
"""Particles are not recognised if the covered area is wrong by more than this fraction of it; areas below the second
number are too small for such a fraction to mean much."""
FOR_RIM = 6
"""Arrangements from which the brightness of rims is found."""
NOTABLE = 0.5
"""Distances from here on are told; a dozen patches of one and the same kind differ by up to about 0.4."""
MOST_TOLD = 2


@dataclass(frozen=True, eq=False)
class Preview:
    """Real patches and arrangements, measured alike.

    Attributes
    ----------
    project : Project
    real : RealPatches
    drawn : Outcome
        The arrangements.
    """

    project: Project
    real: RealPatches
    drawn: Outcome

    @property
    def unit(self) -> str:
        """Unit of lengths: nm, or px where the pixel size is unknown."""
        return "px" if self.real.pixel_size_nm is None else "nm"

    @property
    def pixel(self) -> float:
        """Edge of a pixel, in that unit."""
        return self.real.pixel_size_nm or 1.0

    @property
    def truly_covered(self) -> float:
        """Fraction of the arrangements' area that particles cover, known from the scenes themselves."""
        return float(np.mean([labels > 0 for labels in self.drawn.labels]))

    @property
    def misread(self) -> bool:
        """Whether the search for particles fails in arrangements, so that what it measures there means nothing."""
        return abs(_found(self) - self.truly_covered) > MISREAD * max(self.truly_covered, LEAST_COVERED)


@dataclass(frozen=True)
class SummaryRow:
    """One number of real patches and of arrangements, as text."""

    name: str
    real: str
    drawn: str
    on_sheet: bool = True
    """Whether the sheet tells it in words; it shows the rest otherwise."""


def make_preview(project: Project, arrangements: int, reporter: Reporter, prepared: bool = False) -> Preview:
    """Draw arrangements of a project and compare them with its real patches.

    Parameters
    ----------
    project : Project
    arrangements : int
        How many; at least 1.
    reporter : Reporter
        Shows progress.
    prepared : bool
        Take the patches that `prepare` cut.

    Raises
    ------
    ConfigError
        If the configuration and the scans do not fit together.
    DataError
        If scans cannot be read, or show no particles.
    PlacementError
        If an arrangement cannot be placed.
    """
    real = read_real_patches(project, PATCHES, SCANS, reporter, prepared, search_of(project))
    if len(real.images) < FEW_PATCHES and not prepared:
        real = read_real_patches(project, PATCHES, MORE_SCANS, reporter, search=search_of(project))
    stand = Stand(project, real, most=project.particles.count)
    numbers = reporter.track(range(arrangements), "Drawing arrangements", total=arrangements)
    tracings = stand.trace(project, numbers)
    levels = replace(real.levels, rim=stand.rim_as_real(tracings[:FOR_RIM], real.levels))
    return Preview(project, real, stand.judge(tracings, levels))


def summary(preview: Preview) -> list[SummaryRow]:
    """Return the numbers that are told of a preview, for a table."""
    sides = (preview.real.statistics, preview.drawn.statistics)

    def row(name: str, told: Callable[[PatchStatistics], str], on_sheet: bool = True) -> SummaryRow:
        return SummaryRow(name, told(sides[0]), told(sides[1]), on_sheet)

    return [
        row("patches", lambda side: str(side.patches), False),
        row("whole particles", lambda side: str(len(side.diameters)), False),
        row("median diameter", lambda side: told_length(median(side.diameters), preview.pixel, preview.unit)),
        row("covered fraction", lambda side: f"{100 * side.covered.mean():.1f} %"),
        row("particles per patch", lambda side: f"{side.counts.mean():.1f}"),
    ]


def differences(preview: Preview) -> list[Difference]:
    """Return in what arrangements and real patches differ most, in plain words.

    Returns
    -------
    list of Difference
        At most `MOST_TOLD`, the largest first, none below `NOTABLE`.
    """
    distances = preview.drawn.distances
    found = sorted((name for name in distances if distances[name] >= NOTABLE), key=lambda name: -distances[name])
    real, drawn = preview.real.statistics, preview.drawn.statistics
    return [
        explain(
            name, distances[name], getattr(real, name), getattr(drawn, name), preview.project,
            lambda length: told_length(length, preview.pixel, preview.unit),
        )
        for name in found[:MOST_TOLD]
    ]  # fmt: skip


def verdict(preview: Preview) -> list[str]:
    """Return what differs most, or why that cannot be told, as one sentence per line; one to three."""
    doubts = _doubts(preview)
    if preview.misread:
        return doubts
    found = differences(preview)
    if not found:
        return [*doubts, "Sizes, numbers and places of particles in arrangements are much like those in real patches."]
    starts = ["Most different in arrangements", *["Also"] * (len(found) - 1)]
    return [*doubts, *(f"{start}: {difference}." for start, difference in zip(starts, found, strict=True))]


def _doubts(preview: Preview) -> list[str]:
    doubts = []
    count, data = len(preview.real.images), preview.project.data
    if count < FEW_PATCHES:
        found = "Only one real patch was" if count == 1 else f"Only {count} real patches were"
        doubts.append(
            f"{found} found, too few to compare with; lower data.min_full_particles ({data.min_full_particles}) or "
            f"enlarge data.patch_size ({data.patch_size})."
        )
    if preview.misread:
        doubts.append(
            f"Particles cover {100 * preview.truly_covered:.0f} % of arrangements, but {100 * _found(preview):.0f} % "
            "was recognised: compare the pictures, not the numbers."
        )
    return doubts


def _found(preview: Preview) -> float:
    return float(preview.drawn.statistics.covered.mean())


def told_length(length_px: float | None, pixel: float, unit: str) -> str:
    """Return a length with its unit, or a dash where there is none.

    Parameters
    ----------
    length_px : float or None
        Length [px].
    pixel : float
        Edge of a pixel, in `unit`.
    unit : str
        nm or px; 10 000 nm and more are told in µm.
    """
    if length_px is None:
        return "–"
    length = length_px * pixel
    if unit == "nm" and length >= 1e4:
        length, unit = length / 1e3, "µm"
    return f"{length:.3g} {unit}" if length < 1000 else f"{length:.0f} {unit}"


def median(values: NDArray[np.float64]) -> float | None:
    """Return the median, None where there are no values."""
    return float(np.median(values)) if len(values) else None
