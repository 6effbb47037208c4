"""The statistics of a set of scans, as a vector: all that a posterior is told of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from diffrendergan.detection.particle_table import ParticleTable, pooled
from diffrendergan.inference.coordinates import logit
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.seen import SeenScan
from diffrendergan.inference.truth import Truth, border_weights, described
from diffrendergan.sizes.distribution import weighted_quantiles

Values = NDArray[np.float64]
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SHAPES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Statistics:
    """What was found in a set of scans.

    Attributes
    ----------
    found : Truth
        The same quantities as the truth, of the particles as they were found.
    values : float64 (d,)
        By `names`; lengths are in units of the median where they are no sizes themselves.
    names : tuple of str
    """

    found: Truth
    values: Values
    names: tuple[str, ...]


def statistics_of(scans: Sequence[SeenScan], empty: int = 0) -> Statistics | None:
    """Return the statistics of scans; None if no particle is whole.

    Parameters
    ----------
    scans : sequence of SeenScan
        Those in which particles were found.
    empty : int
        How many more scans show none: they count for the coverage and the number.
    """
    # Of a set's parts, too, scans are counted from none.
    numbers = np.repeat(np.arange(len(scans)), [len(scan.table) for scan in scans])
    table = replace(pooled([scan.table for scan in scans]), scan=numbers)
    weights = np.zeros(len(table))
    for number, scan in enumerate(scans):
        mine = (table.scan == number) & table.whole
        weights[mine] = border_weights(table.diameter[mine], scan.shape, scan.field)
    counted = table.whole & (table.diameter >= RULES.least_px)
    pixels = float(np.mean([scan.pixels for scan in scans])) * (len(scans) + empty)
    coverage = float(np.sum([scan.coverage for scan in scans])) / (len(scans) + empty)
    diameters, weights = table.diameter[counted], weights[counted]
    found = described(diameters, weights, coverage, pixels)
    if found is None:
        return None
    percentiles = dict(zip(LEVELS, weighted_quantiles(diameters, weights, LEVELS), strict=True))
    small = float(np.mean(table.diameter < RULES.least_px))
    rows = {
        **_sizes(found, percentiles, table, diameters, weights),
        "share too small": small,
        **_amounts(found, scans, table),
        **_shapes(scans, table),
        **_places(scans, table, found.median),
        **_greys(scans, table),
    }
    return Statistics(found, np.array(list(rows.values())), tuple(rows))


def _sizes(
    found: Truth, percentiles: dict[float, float], table: ParticleTable, diameters: Values, weights: Values
) -> dict[str, float]:
    logs = np.log(diameters / found.median)
    mean = float(np.average(logs, weights=weights))
    spread = float(np.sqrt(np.average((logs - mean) ** 2, weights=weights)))
    area = weights * diameters**2
    everything = table.diameter
    return {
        "log median": np.log(found.median),
        **{f"log d{100 * level:.0f}": np.log(value / found.median) for level, value in percentiles.items()
           if level != 0.5},
        "spread": spread,
        "skew": float(np.average((logs - mean) ** 3, weights=weights)) / max(spread, 0.02) ** 3,
        "log median by area": np.log(weighted_quantiles(diameters, area, (0.5,))[0] / found.median),
        "log median of all": np.log(np.median(everything) / found.median),
        "log largest": np.log(everything.max() / found.median),
        "share under half": float(np.average(diameters < 0.5 * found.median, weights=weights)),
    }  # fmt: skip


def _amounts(found: Truth, scans: Sequence[SeenScan], table: ParticleTable) -> dict[str, float]:
    covered = [scan.coverage for scan in scans]
    pixels = sum(scan.pixels for scan in scans)
    edge = np.sqrt(pixels / len(scans))
    return {
        "log whole": np.log(min(found.whole, RULES.most_whole)),
        "log scan edge": np.log(edge / found.median),
        "coverage": logit(found.coverage),
        "coverage spread": float(np.std(covered)),
        "number": np.log(found.density * 1e-6 * found.median**2),
        "share cut": float(np.mean(~table.whole)),
        "surety": float(np.mean([scan.surety for scan in scans])),
        "least surety": min(scan.surety for scan in scans),
        "log magnification": float(np.mean([np.log2(scan.magnification) for scan in scans])),
        "log size looked at": np.log(found.median) + float(np.mean([np.log(scan.magnification) for scan in scans])),
    }


def _shapes(scans: Sequence[SeenScan], table: ParticleTable) -> dict[str, float]:
    peaks = np.concatenate([scan.peaks for scan in scans])
    filled = 2 * np.concatenate([scan.depth for scan in scans]) / table.diameter
    large = table.diameter >= np.quantile(table.diameter, 0.75)
    rows: dict[str, float] = {}
    for name, values in (("solidity", table.solidity), ("aspect", np.log(table.aspect)), ("filling", filled)):
        rows |= {f"{name} {100 * level:.0f}": float(np.quantile(values, level)) for level in SHAPES}
    return rows | {
        "solidity of large": float(np.median(table.solidity[large])),
        "aspect of large": float(np.median(np.log(table.aspect[large]))),
        "filling of large": float(np.median(filled[large])),
        "several peaks": float(np.mean(peaks > 1)),
        "several peaks of large": float(np.mean(peaks[large] > 1)),
    }


def _places(scans: Sequence[SeenScan], table: ParticleTable, median: float) -> dict[str, float]:
    nearest = np.concatenate([_nearest(table.x[of], table.y[of]) for of in
                              (table.scan == number for number in range(len(scans)))])  # fmt: skip
    _, sizes = np.unique(table.cluster, return_counts=True)
    apart = np.log(nearest / median) if len(nearest) else np.full(1, np.log(10.0))
    return {
        "nearest": float(np.median(apart)),
        "nearest spread": float(apart.std()),
        "touching": float(np.mean(table.contacts > 0)),
        "contacts": float(np.mean(table.contacts)),
        "log cluster": float(np.mean(np.log(sizes))),
    }


def _nearest(x: Values, y: Values) -> Values:
    if len(x) < 2:
        return np.zeros(0)
    points = np.column_stack([x, y])
    return np.maximum(np.asarray(cKDTree(points).query(points, 2)[0])[:, 1], 1.0)


def _greys(scans: Sequence[SeenScan], table: ParticleTable) -> dict[str, float]:
    signed = np.concatenate([table.brightness[table.scan == n] - scan.ground for n, scan in enumerate(scans)])
    contrast = max(abs(float(np.median(signed))), 0.01)
    spread = np.concatenate([scan.spread for scan in scans])
    small = table.diameter <= np.quantile(table.diameter, 0.25)
    return {
        "contrast": float(np.median(signed)),
        "contrast spread": float(np.std(signed)) / contrast,
        "contrast of small": float(np.median(signed[small])) / contrast,
        "texture": float(np.median(spread)) / contrast,
        "ground": float(np.mean([scan.ground_spread for scan in scans])) / contrast,
        "noise": float(np.mean([scan.noise for scan in scans])) / contrast,
        "edge": float(np.mean([scan.edge for scan in scans])) / contrast,
    }
