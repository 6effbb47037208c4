"""The family of shapes that outlines speak for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.inspection.arrangement_evidence import Objects
from diffrendergan.inspection.rules import RULES, SURE


class SeenShape(NamedTuple):
    """What outlines tell of a shape."""

    values: dict[str, Any]
    """Values of `particles.shape`: the family, and those of its parameters that can be seen."""
    confidence: float
    """From 0 to 1."""
    evidence: str
    """In words."""
    lying: bool = False
    """Whether bodies lie on a face, since outlines have its corners; else they are seen from anywhere."""


def judge_shape(
    table: ParticleTable, regions: ParticleTable, pieces: ParticleTable, objects: Sequence[Objects], source: str
) -> SeenShape:
    """Choose the family and those of its parameters that can be seen.

    Parameters
    ----------
    table : ParticleTable
        What counts as particles.
    regions, pieces : ParticleTable
        Connected regions, and pieces by watershed.
    objects : sequence of Objects
        Circles, where they count as particles.
    source : str
        By what the particles are measured.
    """
    if source == "circles":
        count = sum(len(item.radius) for item in objects)
        return SeenShape({"family": "sphere"}, SURE.circle_shape, f"{count} outlines fit circles")
    if source == "regions":
        return _aggregate(regions, pieces)
    chosen = table.where(table.large() & table.whole)
    alone = chosen.where(chosen.contacts == 0)
    # Particles that stand alone show their whole outline.
    seen, kind = (alone, " standing alone") if len(alone) >= RULES.least_alone else (chosen, "")
    if len(seen) == 0:
        return SeenShape({"family": "sphere"}, SURE.none_whole, "no particle lies wholly in a scan")
    aspect, roundness = float(np.median(seen.aspect)), float(np.median(seen.roundness))
    solidity = float(np.median(seen.solidity))
    low, high = (float(value) for value in np.percentile(seen.aspect, [10, 90]))
    words = (
        f"{len(seen)} particles{kind}: aspect {aspect:.2f} ({low:.2f} to {high:.2f}), roundness {roundness:.2f}, "
        f"solidity {solidity:.2f}"
    )
    trust = 1.0 if kind or len(alone) == len(chosen) else SURE.not_alone
    if aspect >= RULES.rod_aspect and solidity >= RULES.convex:
        ends = {"aspect": [round(max(low, 1.2), 2), round(max(high, 1.3), 2)]}
        sure = min(SURE.rod, SURE.at_limit + SURE.rod_growth * (aspect - RULES.rod_aspect))
        return SeenShape({"family": "rod", **ends}, trust * sure, words)
    if solidity >= RULES.convex and (corners := _corners(seen)) is not None:
        values, said = corners
        return SeenShape(values, trust * SURE.cornered, f"{words}, {said}", lying=True)
    if roundness >= RULES.round:
        sure = min(SURE.highest, SURE.at_limit + SURE.round_growth * (roundness - RULES.round))
        return SeenShape({"family": "sphere"}, trust * sure, words)
    if solidity < RULES.convex:
        rough = float(np.clip(0.15 + (RULES.convex - solidity), 0.05, 0.4))
        shape = {"family": "irregular", "roughness": round(rough, 2), "elongation": [1.0, round(min(high, 3.0), 2)]}
        return SeenShape(shape, trust * SURE.irregular, words)
    if _smooth_ellipses(seen) and aspect >= RULES.ellipse_aspect:
        longest = [round(low, 2), round(high, 2)]
        return SeenShape({"family": "ellipsoid", "elongation": longest}, trust * SURE.by_outline, words)
    # Seen from anywhere, bodies look rounder than they are; outlines that others cut look longer.
    growth = RULES.box_growth * (1.0 if trust == 1.0 else RULES.box_cut)
    return SeenShape(_boxes(1.0 + growth * (high - RULES.box_least)), trust * SURE.by_outline, words)


def _boxes(longest: float) -> dict[str, Any]:
    """Return boxes of which two edges have at most a ratio."""
    return {"family": "cuboid", "elongation": [1.0, round(float(np.clip(longest, 1.05, 2.5)), 2)]}


def _corners(seen: ParticleTable) -> tuple[dict[str, Any], str] | None:
    """Return the bodies that lie on faces with the corners of the outlines, and words for it; None if they have none.

    Outlines do not tell how thick they are.
    """
    compact = seen.where((seen.aspect < RULES.compact_aspect) & np.isfinite(seen.fourfold))
    if len(compact) < RULES.least_cornered:
        return None
    fourfold, sixfold = float(np.median(compact.fourfold)), float(np.median(compact.sixfold))
    if fourfold >= RULES.square:
        values = {**_boxes(float(np.percentile(compact.aspect, 90))), "rounding": list(RULES.square_rounding)}
        return values, f"with the corners of squares (fourth harmonic {fourfold:.3f})"
    if sixfold >= RULES.hexagonal and sixfold > fourfold:
        return {"family": "platelet", "corners": 6}, f"with the corners of hexagons (sixth harmonic {sixfold:.3f})"
    return None


def _smooth_ellipses(seen: ParticleTable) -> bool:
    """Tell whether outlines fill their ellipse of equal moments and have no corners.

    A rectangle has 0.955 of the area of its ellipse of equal moments, whatever its sides; an ellipse all of it.
    """
    filling = seen.area / (np.pi / 4 * np.maximum(seen.major * seen.minor, 1))
    return bool(np.median(filling) >= RULES.ellipse_filling and np.median(seen.solidity) >= RULES.ellipse_solidity)


def _aggregate(regions: ParticleTable, pieces: ParticleTable) -> SeenShape:
    """Return the parameters of aggregates whose primaries are only roughly seen."""
    large = regions.where(regions.large() & regions.whole)
    part = pieces.where(pieces.area >= RULES.part_share * np.median(pieces.area))
    sizes = np.unique(part.cluster, return_counts=True)[1]
    many = sizes[sizes >= 2]
    words = (
        f"{len(large)} agglomerates of solidity {np.median(large.solidity):.2f}" if len(large) else "cut agglomerates"
    )
    if len(many) < RULES.parts_least:
        return SeenShape({"family": "irregular", "roughness": 0.2}, SURE.aggregate_unseen, words)
    low, high = np.percentile(many, [25, 90])
    spread = float(np.clip(np.log(part.diameter).std(), 0, 0.6))
    shape = {
        "family": "aggregate",
        "primaries": [max(3, int(low)), int(np.clip(high, 4, 60))],
        "fractal_dimension": 2.5,
        "spread": round(spread, 2),
    }
    return SeenShape(shape, SURE.aggregate, f"{words}, seen as {np.median(many):.0f} parts (median) of uneven size")


def rod_factor(shape: Mapping[str, Any]) -> float:
    """Return the diameter of the sphere of a rod's volume over that of the disc of its area seen from the side."""
    aspect = float(np.mean(shape["aspect"]))
    area = np.pi / 4 + (aspect - 1)
    volume = np.pi / 6 + np.pi / 4 * (aspect - 1)
    return float((6 * volume / np.pi) ** (1 / 3) / np.sqrt(4 * area / np.pi))
