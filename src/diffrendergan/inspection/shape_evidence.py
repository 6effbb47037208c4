"""The family of shapes that outlines speak for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.inspection.arrangement_evidence import Objects

ROUND = 0.88
"""Median roundness of spheres (pixels and noise take some); cubes seen from anywhere stay below."""
ROD_ASPECT = 1.9
"""From this median aspect on particles are rods: cuboids of a ratio up to 1.3 seen from anywhere stay below 1.6."""
ELLIPSE_ROUND = 0.06
"""Ellipses fill their ellipse of equal moments by more than 1 less this; boxes, too, nearly."""
CONVEX = 0.9
LEAST_ALONE = 12


def judge_shape(
    table: ParticleTable, regions: ParticleTable, pieces: ParticleTable, objects: Sequence[Objects], source: str
) -> tuple[dict[str, Any], float, str]:
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

    Returns
    -------
    shape : dict
        Values of `particles.shape`.
    confidence : float
        From 0 to 1.
    evidence : str
        In words.
    """
    if source == "circles":
        return {"family": "sphere"}, 0.9, f"{sum(len(item.radius) for item in objects)} outlines fit circles"
    if source == "regions":
        return _aggregate(regions, pieces)
    chosen = table.where(table.large() & table.whole)
    alone = chosen.where(chosen.contacts == 0)
    # Particles that stand alone show their whole outline.
    seen, kind = (alone, " standing alone") if len(alone) >= LEAST_ALONE else (chosen, "")
    if len(seen) == 0:
        return {"family": "sphere"}, 0.2, "no particle lies wholly in a scan"
    aspect, roundness = float(np.median(seen.aspect)), float(np.median(seen.roundness))
    solidity = float(np.median(seen.solidity))
    low, high = (float(value) for value in np.percentile(seen.aspect, [10, 90]))
    words = (
        f"{len(seen)} particles{kind}: aspect {aspect:.2f} ({low:.2f} to {high:.2f}), roundness {roundness:.2f}, "
        f"solidity {solidity:.2f}"
    )
    trust = 1.0 if kind or len(alone) == len(chosen) else 0.75
    if aspect >= ROD_ASPECT and solidity >= CONVEX:
        ends = {"aspect": [round(max(low, 1.2), 2), round(max(high, 1.3), 2)]}
        return {"family": "rod", **ends}, trust * min(0.9, 0.5 + 0.4 * (aspect - ROD_ASPECT)), words
    if roundness >= ROUND:
        return {"family": "sphere"}, trust * min(0.95, 0.5 + 6 * (roundness - ROUND)), words
    if solidity < CONVEX:
        rough = float(np.clip(0.15 + (CONVEX - solidity), 0.05, 0.4))
        shape = {"family": "irregular", "roughness": round(rough, 2), "elongation": [1.0, round(min(high, 3.0), 2)]}
        return shape, trust * 0.5, words
    if _smooth_ellipses(seen) and aspect >= 1.15:
        return {"family": "ellipsoid", "elongation": [round(low, 2), round(high, 2)]}, trust * 0.6, words
    # Outlines of touching particles are cut by each other: what they show of elongation is an upper limit.
    most = 1.0 + (high - 1.0) * (0.5 if trust == 1.0 else 0.3)
    return {"family": "cuboid", "elongation": [1.0, round(float(np.clip(most, 1.05, 2.5)), 2)]}, trust * 0.6, words


def _smooth_ellipses(seen: ParticleTable) -> bool:
    """Tell whether outlines fill their ellipse of equal moments and have no corners.

    A rectangle has 0.955 of the area of its ellipse of equal moments, whatever its sides; an ellipse all of it.
    """
    filling = seen.area / (np.pi / 4 * np.maximum(seen.major * seen.minor, 1))
    return bool(np.median(filling) >= 0.99 and np.median(seen.solidity) >= 0.95)


def _aggregate(regions: ParticleTable, pieces: ParticleTable) -> tuple[dict[str, Any], float, str]:
    """Return the parameters of aggregates whose primaries are only roughly seen."""
    large = regions.where(regions.large() & regions.whole)
    part = pieces.where(pieces.area >= 0.1 * np.median(pieces.area))
    sizes = np.unique(part.cluster, return_counts=True)[1]
    many = sizes[sizes >= 2]
    words = (
        f"{len(large)} agglomerates of solidity {np.median(large.solidity):.2f}" if len(large) else "cut agglomerates"
    )
    if len(many) < 5:
        return {"family": "irregular", "roughness": 0.2}, 0.4, words
    low, high = np.percentile(many, [25, 90])
    spread = float(np.clip(np.log(part.diameter).std(), 0, 0.6))
    shape = {
        "family": "aggregate",
        "primaries": [max(3, int(low)), int(np.clip(high, 4, 60))],
        "fractal_dimension": 2.5,
        "spread": round(spread, 2),
    }
    return shape, 0.55, f"{words}, seen as {np.median(many):.0f} parts (median) of uneven size"


def rod_factor(shape: Mapping[str, Any]) -> float:
    """Return the diameter of the sphere of a rod's volume over that of the disc of its area seen from the side."""
    aspect = float(np.mean(shape["aspect"]))
    area = np.pi / 4 + (aspect - 1)
    volume = np.pi / 6 + np.pi / 4 * (aspect - 1)
    return float((6 * volume / np.pi) ** (1 / 3) / np.sqrt(4 * area / np.pi))
