"""What kind of particles a folder shows: the proposal of `init`, each part with its confidence and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

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
from diffrendergan.inspection.belief import belief_of, with_belief
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.proposal import Estimate, Judgement, Morphology, Source
from diffrendergan.inspection.rules import RULES, SURE
from diffrendergan.inspection.shape_evidence import judge_shape, rod_factor
from diffrendergan.micrographs.field import field_part
from diffrendergan.sizes.border import whole_weights
from diffrendergan.sizes.distribution import weighted_median
from diffrendergan.sizes.usual import UsualSize, lognormal_around, usual_size

T = TypeVar("T")


def estimate(scans: Sequence[ScanMeasurement], patch: int, crowded: bool = False) -> Estimate | None:
    """Decide what the scans show.

    Parameters
    ----------
    scans : sequence of ScanMeasurement
        What was measured.
    patch : int
        Edge of a patch [px].
    crowded : bool
        Whether particles seem to cover most of the scans, see `ParticleScale`.

    Returns
    -------
    Estimate or None
        None where no particles were found.
    """
    pieces = pooled([scan.pieces for scan in scans]) if scans else None
    if pieces is None or not pieces.large().any():
        return None
    wires = [wire for scan in scans for wire in scan.wires]
    looked = [scan for scan in scans if scan.by_wires is not None]
    area = np.array([max(scan.pieces.area.sum(), 1e-9) for scan in scans])
    shares = [(max(scan.pieces.area.sum(), 1e-9), scan.by_wires or 0.0) for scan in looked]
    by_wires = float(np.average([share for _, share in shares], weights=[size for size, _ in shares]))
    if by_wires >= RULES.wires_explain and wires and not _of_bodies(wires, pieces):
        found = _rimmed(_of_wires(looked, wires, by_wires, patch), wires, pieces)
    else:
        by_circles = float((area * [scan.by_circles for scan in scans]).sum() / area.sum())
        found = _of_particles(scans, pieces, by_circles, patch)
        if found.source == "outlines" and (belief := belief_of(scans)) is not None:
            found = with_belief(found, *belief)
    return _unsure(found) if crowded else found


def _of_bodies(wires: Sequence[Wire], pieces: ParticleTable) -> bool:
    """Tell whether ridges are the rims of bodies that the generalist outlined, or these bodies, rods, themselves."""
    if not pieces.outlined.all():
        return False
    body, width = _widths(wires, pieces)
    length = float(np.median([wire.length / wire.width for wire in wires]))
    return body > RULES.rims * width or length < RULES.wire_aspect


def _widths(wires: Sequence[Wire], pieces: ParticleTable) -> tuple[float, float]:
    """Return the usual widths of outlined bodies and of ridges [px]."""
    return weighted_median(pieces.minor, pieces.area), float(np.median([wire.width for wire in wires]))


def _rimmed(found: Estimate, wires: Sequence[Wire], pieces: ParticleTable) -> Estimate:
    """Doubt the widths of wires that were outlined as much wider bodies."""
    body, width = _widths(wires, pieces)
    if not pieces.outlined.all() or body <= RULES.rimmed * width:
        return found
    words = f"{found.size.evidence}; the generalist's outlines are {body:.0f} px wide: are the ridges rims of wires?"
    return replace(found, size=replace(found.size, confidence=SURE.rimmed * found.size.confidence, evidence=words))


def _unsure(found: Estimate) -> Estimate:
    """Lower the confidence in all that depends on where particles end and the ground begins."""
    words = "particles seem to cover most of the scans, so that the ground is unsure"

    def lowered(part: Judgement[T]) -> Judgement[T]:
        return Judgement(part.value, SURE.crowded * part.confidence, f"{part.evidence}; {words}")

    return replace(
        found,
        shape=lowered(found.shape),
        size=lowered(found.size),
        number=lowered(found.number),
        placement=lowered(found.placement),
    )


def _of_wires(scans: Sequence[ScanMeasurement], wires: Sequence[Wire], explained: float, patch: int) -> Estimate:
    whole = [wire for wire in wires if wire.whole] or list(wires)
    lengths = np.array([wire.length for wire in whole])
    length, width = float(np.median(lengths)), float(np.median([wire.width for wire in wires]))
    confidence = _between(explained, SURE.wires_doubtful, SURE.wires_certain)
    confidence *= min(1.0, 0.5 + len(wires) / (2 * SURE.many_wires))
    bend = float(np.median([wire.bend_rad for wire in whole]))
    words = (
        f"{len(wires)} ridges, {length / width:.0f} times as long as wide, explain {explained:.0%} of what is bright"
    )
    aligned = directions(wires)
    certain = 1 - 1 / (1 + len(wires) / SURE.wires_half)
    directed = aligned.alignment >= RULES.aligned
    crossing = length >= patch or directed
    objects, fields = [Objects.of_wires(scan.wires) for scan in scans], [scan.field for scan in scans]
    low, middle, high = counts_per_field(objects, [scan.pixels.shape for scan in scans], patch, fields=fields, least=1)
    where = SURE.wires_crossing if crossing else SURE.wires_random
    spread = float(np.std(np.log([wire.width for wire in wires])))
    robust = 1.4826 * float(np.median(np.abs(np.log([wire.width / width for wire in wires]))))
    fit = lognormal_around(width, min(max(robust, 0.02), spread + 0.02), len(wires))
    turn = aligned.spread_deg if directed else 90.0
    mean = aligned.mean_deg if directed else 0.0
    return Estimate(
        morphology=Judgement("elongated", confidence, words),
        shape=Judgement({"family": "wire", "length": length, "radius": width / 2, "bend": bend}, confidence,
                        f"width {width:.1f} px at half height, length {length:.0f} px (medians)"),
        size=Judgement(fit, SURE.width * certain, f"widths of {len(wires)} wires spread by {robust:.0%}"),
        number=Judgement((low, middle, high), SURE.wire_number * certain,
                         f"fields with wires show {middle}, nine in ten {low} to {high}"),
        placement=Judgement("wires" if crossing else "random", float(np.interp(certain, [0, 1], where)),
                            f"wires of {length:.0f} px in fields of {patch} px"
                            + (", in one direction" if directed else "")),
        agglomerates=Judgement(1, SURE.wires_single, "wires form no agglomerates"),
        three_dimensional=Judgement(False, SURE.wires_flat, "wires lie flat on each other"),
        direction=Judgement((mean, turn), certain, f"alignment {aligned.alignment:.2f} (0 isotropic, 1 parallel)"),
        source="ridges",
        diameters=tuple(wire.width for wire in wires),
    )  # fmt: skip


def _of_particles(scans: Sequence[ScanMeasurement], pieces: ParticleTable, by_circles: float, patch: int) -> Estimate:
    regions = pooled([scan.regions for scan in scans])
    coverage = float(np.mean([field_part(scan.labels > 0, scan.field) for scan in scans]))
    source, trust = _source(scans, pieces, by_circles)
    table = regions if source == "regions" else pieces
    objects, fields = [Objects.of_scan(scan, source) for scan in scans], [scan.field for scan in scans]
    shape, confidence, words, lying = judge_shape(table, regions, pieces, objects, source)
    diameters, weights = _diameters(scans, table, objects, source)
    factor = rod_factor(shape) if shape["family"] == "rod" else 1.0
    fit = usual_size(diameters * factor, weights)
    assert fit is not None  # there are large particles
    few = 1 - 1 / (1 + len(diameters) / SURE.particles_half)
    touching = float(np.mean(pieces.where(pieces.large()).contacts > 0))
    agglomerated = source != "regions" and touching >= RULES.touching
    morphology: Morphology = (
        "agglomerated"
        if agglomerated or source == "regions"
        else "elongated"
        if shape["family"] == "rod"
        else "compact"
    )
    depth = judge_depth(objects, pieces, touching, source)
    low, middle, high = counts_per_field(objects, [scan.pixels.shape for scan in scans], patch, fields=fields, least=3)
    groups, group_words = clusters_per_field(objects, [scan.pixels.shape for scan in scans], patch, fields)
    placement, sure, why = _placement(agglomerated, coverage, pieces, touching)
    if source == "regions":
        placement, sure, why = "random", SURE.regions, "agglomerates count as particles, and lie apart"
    varied = _varied(objects)
    return Estimate(
        morphology=Judgement(morphology, _between(abs(touching - RULES.touching), *SURE.from_touching) * trust,
                             f"{touching:.0%} of the particles touch another"
                             + ("; their parts cannot be told apart" if source == "regions" else "")),
        shape=Judgement(shape, confidence * few, words),
        size=Judgement(fit, trust * few * (SURE.varied if varied > RULES.varied else 1.0),
                       _size_words(fit, source, varied)),
        number=Judgement((low, middle, high), SURE.number * trust * few * (SURE.number_in_depth if depth[0] else 1),
                         f"fields with particles show {middle}, nine in ten {low} to {high}"
                         + ("; more may be hidden" if depth[0] else "")),
        placement=Judgement(placement, sure, why),
        agglomerates=Judgement(groups if agglomerated else 1,
                               SURE.agglomerates * few if agglomerated else SURE.no_agglomerates, group_words),
        three_dimensional=Judgement(*depth),
        direction=Judgement((0.0, 90.0), SURE.no_direction, "only wires have a direction"),
        source=source,
        diameters=tuple(diameters * factor),
        lying=lying,
    )  # fmt: skip


def _source(scans: Sequence[ScanMeasurement], pieces: ParticleTable, by_circles: float) -> tuple[Source, float]:
    """Choose by what particles are measured, and how far to trust it."""
    if pieces.outlined.all():
        return "outlines", SURE.outlines
    support = np.concatenate([scan.circles.support for scan in scans])
    radius = np.concatenate([scan.circles.radius for scan in scans])
    # Large circles are the particles; grains on them are round too.
    clear = weighted_median(support, radius**2) if len(support) else 0.0
    large = pieces.where(pieces.large())
    whole = large.where(large.whole) if large.whole.any() else large
    solidity, roundness = float(np.median(large.solidity)), float(np.median(whole.roundness))
    touching = float(np.mean(large.contacts > 0))
    if (
        clear >= RULES.circles_supported
        and len(support) >= RULES.circles_least
        and roundness >= RULES.circles_round
        and touching >= RULES.apart
    ):
        return "circles", _between(clear, *SURE.circles)
    if by_circles < RULES.circles_explain and solidity < RULES.solid_pieces and touching >= RULES.apart:
        return "regions", SURE.regions
    return "watershed", _between(solidity, *SURE.pieces)


def _diameters(
    scans: Sequence[ScanMeasurement], table: ParticleTable, objects: Sequence[Objects], source: Source
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return diameters of whole particles [px], and how many each stands for."""
    parts, weights = [], []
    chosen = table.where(table.large() & table.whole)
    for number, (scan, item) in enumerate(zip(scans, objects, strict=True)):
        diameter = 2 * item.radius[item.whole] if source == "circles" else chosen.diameter[chosen.scan == number]
        parts.append(diameter)
        weights.append(whole_weights(diameter, diameter, scan.pixels.shape, scan.field))
    diameters = np.concatenate(parts)
    if len(diameters) == 0:  # all are cut by a border
        diameters = table.where(table.large()).diameter
        return diameters, np.ones(len(diameters))
    return diameters, np.concatenate(weights)


def _placement(agglomerated: bool, coverage: float, pieces: ParticleTable, touching: float) -> tuple[str, float, str]:
    words = f"{coverage:.0%} of the area is covered, {touching:.0%} of the particles touch another"
    if coverage >= RULES.dense:
        return "layers", _between(coverage, *SURE.layers), words
    if not agglomerated:
        return "random", _between(RULES.touching - touching, *SURE.from_touching), words
    slope, error, number = mass_radius_slope(pieces)
    words += (
        f"; mass grows with the radius to the power {slope:.1f} ± {error:.1f} in {number} clusters" if number else ""
    )
    if number >= RULES.fractal_clusters and slope + 2 * error < RULES.fractal_slope:
        return "fractal", SURE.fractal, words
    return "agglomerated", _between(touching, *SURE.touching), words


def _size_words(fit: UsualSize, source: Source, varied: float) -> str:
    names = {"outlines": "particles, outlined by the generalist",
             "watershed": "particles, by threshold and watershed", "circles": "circles fitted to outlines",
             "regions": "connected agglomerates", "ridges": "wires"}  # fmt: skip
    words = f"{fit.number} whole {names[source]}; median {fit.median:.1f} px; {fit.distribution} fits best (BIC)"
    if not fit.judged:
        words = f"only {fit.number} whole {names[source]}; median {fit.median:.1f} px; the spread is a guess"
    return words + ("; sizes differ much between scans: of one magnification?" if varied > RULES.varied else "")


def _varied(objects: Sequence[Objects]) -> float:
    """Return the ratio of the largest to the smallest usual size among the scans."""
    medians = [weighted_median(item.radius, item.radius**2) for item in objects if len(item.radius) >= 3]
    return max(medians) / min(medians) if medians else 1.0


def _between(value: float, doubtful: float, certain: float) -> float:
    """Return a confidence that grows from a doubtful to a certain value."""
    grown = SURE.lowest + (SURE.highest - SURE.lowest) * (value - doubtful) / (certain - doubtful)
    return float(np.clip(grown, SURE.lowest, SURE.highest))
