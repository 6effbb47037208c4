"""What kind of particles a folder shows: the proposal of `init`, each part with its confidence and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.detection.particle_table import ParticleTable, pooled
from diffrendergan.detection.ridges import Wire, directions
from diffrendergan.inspection.arrangement_evidence import (
    Objects,
    clusters_per_field,
    counts_per_field,
    judge_depth,
    mass_radius_slope,
)
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.shape_evidence import judge_shape, rod_factor
from diffrendergan.sizes.border import whole_weights
from diffrendergan.sizes.distribution import weighted_median
from diffrendergan.sizes.usual import UsualSize, lognormal_around, usual_size

T = TypeVar("T")
Morphology = Literal["compact", "elongated", "agglomerated"]
Source = Literal["watershed", "circles", "regions", "ridges"]

WIRES_EXPLAIN = 0.18
"""Wires that explain more of the particles' area than this are what the scans show. Measured: sparse nanowires among
larger markers 0.3, rims and texture of compact particles at most 0.06."""
CIRCLES_SUPPORTED = 0.75
"""Median support from which circles measure spheres better than a threshold does."""
CIRCLES_EXPLAIN = 0.6
"""Agglomerates whose area circles explain less than this show no particles that could be told apart."""
SOLID_PIECES = 0.905
"""Median solidity of the watershed's pieces under which they are fragments rather than particles."""
TOUCHING = 0.4
"""From this share of touching particles on they are agglomerated."""
DENSE = 0.6
"""From this coverage on particles are packed in layers."""
ALIGNED = 0.5
"""From this alignment on wires have a direction."""
FRACTAL_SLOPE = 1.5
"""Clusters whose mass grows with a lower power of the radius are branched."""


@dataclass(frozen=True)
class Judgement(Generic[T]):
    """One part of the proposal."""

    value: T
    confidence: float
    """From 0 (a guess) to 1 (certain); under 0.5 a person should look."""
    evidence: str
    """What was measured, in words."""


@dataclass(frozen=True)
class Estimate:
    """The proposal."""

    morphology: Judgement[Morphology]
    shape: Judgement[Mapping[str, Any]]
    """Values of `particles.shape`; lengths of wires in px."""
    size: Judgement[UsualSize]
    """Diameters of particles, of wires their widths [px]."""
    number: Judgement[tuple[int, int, int]]
    """Particles per patch: 10th, 50th and 95th percentile."""
    placement: Judgement[str]
    agglomerates: Judgement[int]
    """Most agglomerates in a patch."""
    three_dimensional: Judgement[bool]
    direction: Judgement[tuple[float, float]]
    """Mean direction of wires, and largest deviation [degrees]."""
    source: Source
    """By what the particles were measured."""
    diameters: tuple[float, ...] = field(default=(), repr=False)
    """What the sizes were fitted to [px]."""

    @property
    def family(self) -> str:
        """The family of shapes."""
        return str(self.shape.value["family"])

    @property
    def judgements(self) -> dict[str, Judgement[Any]]:
        """All parts by name."""
        names = ("morphology", "shape", "size", "number", "placement", "agglomerates", "three_dimensional", "direction")
        return {name: getattr(self, name) for name in names if name != "direction" or self.source == "ridges"}


def estimate(scans: Sequence[ScanMeasurement], patch: int) -> Estimate | None:
    """Decide what the scans show.

    Parameters
    ----------
    scans : sequence of ScanMeasurement
        What was measured.
    patch : int
        Edge of a patch [px].

    Returns
    -------
    Estimate or None
        None where no particles were found.
    """
    pieces = pooled([scan.pieces for scan in scans]) if scans else None
    if pieces is None or not pieces.large().any():
        return None
    wires = [wire for scan in scans for wire in scan.wires]
    area = np.array([max(scan.pieces.area.sum(), 1e-9) for scan in scans])
    by_wires = float((area * [scan.by_wires for scan in scans]).sum() / area.sum())
    if by_wires >= WIRES_EXPLAIN and wires:
        return _of_wires(scans, wires, by_wires, patch)
    return _of_particles(scans, pieces, float((area * [scan.by_circles for scan in scans]).sum() / area.sum()), patch)


def _of_wires(scans: Sequence[ScanMeasurement], wires: Sequence[Wire], explained: float, patch: int) -> Estimate:
    whole = [wire for wire in wires if wire.whole] or list(wires)
    lengths = np.array([wire.length for wire in whole])
    length, width = float(np.median(lengths)), float(np.median([wire.width for wire in wires]))
    confidence = _between(explained, WIRES_EXPLAIN - 0.1, 0.5) * min(1.0, 0.5 + len(wires) / 40)
    bend = float(np.median([wire.bend_rad for wire in whole]))
    words = (
        f"{len(wires)} ridges, {length / width:.0f} times as long as wide, explain {explained:.0%} of what is bright"
    )
    aligned = directions(wires)
    certain = 1 - 1 / (1 + len(wires) / 10)
    directed = aligned.alignment >= ALIGNED
    crossing = length >= patch or directed
    objects = [Objects.of_wires(scan.wires) for scan in scans]
    low, middle, high = counts_per_field(objects, [scan.pixels.shape for scan in scans], patch, least=1)
    spread = float(np.std(np.log([wire.width for wire in wires])))
    robust = 1.4826 * float(np.median(np.abs(np.log([wire.width / width for wire in wires]))))
    fit = lognormal_around(width, min(max(robust, 0.02), spread + 0.02), len(wires))
    turn = aligned.spread_deg if directed else 90.0
    mean = aligned.mean_deg if directed else 0.0
    return Estimate(
        morphology=Judgement("elongated", confidence, words),
        shape=Judgement({"family": "wire", "length": length, "radius": width / 2, "bend": bend}, confidence,
                        f"width {width:.1f} px at half height, length {length:.0f} px (medians)"),
        size=Judgement(fit, 0.9 * certain, f"widths of {len(wires)} wires spread by {robust:.0%}"),
        number=Judgement((low, middle, high), 0.7 * certain, f"fields with wires show {middle}, nine in ten {low} to "
                         f"{high}"),
        placement=Judgement("wires" if crossing else "random", 0.6 + 0.3 * certain if crossing else 0.4 + 0.4 * certain,
                            f"wires of {length:.0f} px in fields of {patch} px"
                            + (", in one direction" if directed else "")),
        agglomerates=Judgement(1, 0.9, "wires form no agglomerates"),
        three_dimensional=Judgement(False, 0.8, "wires lie flat on each other"),
        direction=Judgement((mean, turn), certain, f"alignment {aligned.alignment:.2f} (0 isotropic, 1 parallel)"),
        source="ridges",
        diameters=tuple(wire.width for wire in wires),
    )  # fmt: skip


def _of_particles(scans: Sequence[ScanMeasurement], pieces: ParticleTable, by_circles: float, patch: int) -> Estimate:
    regions = pooled([scan.regions for scan in scans])
    coverage = float(np.mean([(scan.labels > 0).mean() for scan in scans]))
    source, trust = _source(scans, pieces, by_circles)
    table = regions if source == "regions" else pieces
    objects = [Objects.of_scan(scan, source) for scan in scans]
    shape, confidence, words = judge_shape(table, regions, pieces, objects, source)
    diameters, weights = _diameters(scans, table, objects, source)
    factor = rod_factor(shape) if shape["family"] == "rod" else 1.0
    fit = usual_size(diameters * factor, weights)
    assert fit is not None  # there are large particles
    few = 1 - 1 / (1 + len(diameters) / 15)
    touching = float(np.mean(pieces.where(pieces.large()).contacts > 0))
    agglomerated = source != "regions" and touching >= TOUCHING
    morphology: Morphology = (
        "agglomerated"
        if agglomerated or source == "regions"
        else "elongated"
        if shape["family"] == "rod"
        else "compact"
    )
    depth = judge_depth(objects, pieces, touching, source)
    low, middle, high = counts_per_field(objects, [scan.pixels.shape for scan in scans], patch, least=3)
    groups, group_words = clusters_per_field(objects, [scan.pixels.shape for scan in scans], patch)
    placement, sure, why = _placement(agglomerated, coverage, pieces, touching)
    if source == "regions":
        placement, sure, why = "random", 0.6, "agglomerates count as particles, and lie apart"
    varied = _varied(objects)
    return Estimate(
        morphology=Judgement(morphology, _between(abs(touching - TOUCHING), 0, 0.4) * trust,
                             f"{touching:.0%} of the particles touch another"
                             + ("; their parts cannot be told apart" if source == "regions" else "")),
        shape=Judgement(shape, confidence * few, words),
        size=Judgement(fit, trust * few * (0.5 if varied > 2 else 1.0), _size_words(fit, source, varied)),
        number=Judgement((low, middle, high), 0.8 * trust * few * (0.7 if depth[0] else 1), f"fields with particles "
                         f"show {middle}, nine in ten {low} to {high}" + ("; more may be hidden" if depth[0] else "")),
        placement=Judgement(placement, sure, why),
        agglomerates=Judgement(groups if agglomerated else 1, 0.7 * few if agglomerated else 0.8, group_words),
        three_dimensional=Judgement(*depth),
        direction=Judgement((0.0, 90.0), 0.5, "only wires have a direction"),
        source=source,
        diameters=tuple(diameters * factor),
    )  # fmt: skip


def _source(scans: Sequence[ScanMeasurement], pieces: ParticleTable, by_circles: float) -> tuple[Source, float]:
    """Choose by what particles are measured, and how far to trust it."""
    support = np.concatenate([scan.circles.support for scan in scans])
    radius = np.concatenate([scan.circles.radius for scan in scans])
    # Large circles are the particles; grains on them are round too.
    clear = weighted_median(support, radius**2) if len(support) else 0.0
    large = pieces.where(pieces.large())
    whole = large.where(large.whole) if large.whole.any() else large
    solidity, roundness = float(np.median(large.solidity)), float(np.median(whole.roundness))
    touching = float(np.mean(large.contacts > 0))
    if clear >= CIRCLES_SUPPORTED and len(support) >= 5 and roundness >= 0.8 and touching >= 0.2:
        return "circles", _between(clear, 0.6, 0.95)
    if by_circles < CIRCLES_EXPLAIN and solidity < SOLID_PIECES and touching >= 0.2:
        return "regions", 0.6
    return "watershed", _between(solidity, 0.8, 0.97)


def _diameters(
    scans: Sequence[ScanMeasurement], table: ParticleTable, objects: Sequence[Objects], source: Source
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return diameters of whole particles [px], and how many each stands for."""
    parts, weights = [], []
    chosen = table.where(table.large() & table.whole)
    for number, (scan, item) in enumerate(zip(scans, objects, strict=True)):
        diameter = 2 * item.radius[item.whole] if source == "circles" else chosen.diameter[chosen.scan == number]
        parts.append(diameter)
        weights.append(whole_weights(diameter, diameter, scan.pixels.shape))
    diameters = np.concatenate(parts)
    if len(diameters) == 0:  # all are cut by a border
        diameters = table.where(table.large()).diameter
        return diameters, np.ones(len(diameters))
    return diameters, np.concatenate(weights)


def _placement(agglomerated: bool, coverage: float, pieces: ParticleTable, touching: float) -> tuple[str, float, str]:
    words = f"{coverage:.0%} of the area is covered, {touching:.0%} of the particles touch another"
    if coverage >= DENSE:
        return "layers", _between(coverage, 0.45, 0.85), words
    if not agglomerated:
        return "random", _between(TOUCHING - touching, 0, 0.4), words
    slope, error, number = mass_radius_slope(pieces)
    words += (
        f"; mass grows with the radius to the power {slope:.1f} ± {error:.1f} in {number} clusters" if number else ""
    )
    if number >= 8 and slope + 2 * error < FRACTAL_SLOPE:
        return "fractal", 0.5, words
    return "agglomerated", _between(touching, 0.3, 0.8), words


def _size_words(fit: UsualSize, source: Source, varied: float) -> str:
    names = {"watershed": "particles, by threshold and watershed", "circles": "circles fitted to outlines",
             "regions": "connected agglomerates", "ridges": "wires"}  # fmt: skip
    words = f"{fit.number} whole {names[source]}; median {fit.median:.1f} px; {fit.distribution} fits best (BIC)"
    if not fit.judged:
        words = f"only {fit.number} whole {names[source]}; median {fit.median:.1f} px; the spread is a guess"
    return words + ("; sizes differ much between scans: of one magnification?" if varied > 2 else "")


def _varied(objects: Sequence[Objects]) -> float:
    """Return the ratio of the largest to the smallest usual size among the scans."""
    medians = [weighted_median(item.radius, item.radius**2) for item in objects if len(item.radius) >= 3]
    return max(medians) / min(medians) if medians else 1.0


def _between(value: float, doubtful: float, certain: float) -> float:
    """Return a confidence from 0.3 to 0.95 that grows from a doubtful to a certain value."""
    return float(np.clip(0.3 + 0.65 * (value - doubtful) / (certain - doubtful), 0.3, 0.95))
