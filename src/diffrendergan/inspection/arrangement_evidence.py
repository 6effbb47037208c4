"""How particles lie: numbers and clusters per field, scaling of clusters, and signs of depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.detection.ridges import Wire
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.rules import RULES, SURE
from diffrendergan.micrographs.types import BoolImage
from diffrendergan.micrographs.windows import window_corners


@dataclass(frozen=True, eq=False)
class Objects:
    """What counts as a particle in one scan, shape (k,) each."""

    boxes: NDArray[np.float64]
    """Left, top, right, bottom, shape (k, 4) [px]."""
    radius: NDArray[np.float64]
    """Radius, of wires half the width [px]."""
    cluster: NDArray[np.int64]
    """Number of the cluster that it belongs to."""
    whole: BoolImage
    hiding: float = 0.0
    """Share of circles that overlap another."""

    @classmethod
    def of_wires(cls, wires: Sequence[Wire]) -> Objects:
        """Return wires."""
        ends = np.array([[*wire.points.min(axis=0), *wire.points.max(axis=0)] for wire in wires]).reshape(-1, 4)
        return cls(
            ends,
            np.array([wire.width / 2 for wire in wires]),
            np.arange(len(wires)),
            np.array([wire.whole for wire in wires], bool),
        )

    @classmethod
    def of_scan(cls, scan: ScanMeasurement, source: str) -> Objects:
        """Return circles, pieces or regions of a scan, without specks."""
        if source == "circles":
            circles = scan.circles
            x, y, radius = circles.x, circles.y, circles.radius
            cluster, hiding = _of_circles(x, y, radius)
            return cls(np.column_stack([x - radius, y - radius, x + radius, y + radius]), radius, cluster,
                       circles.whole, hiding)  # fmt: skip
        table = scan.regions if source == "regions" else scan.pieces
        table = table.where(table.large())
        radius = table.diameter / 2
        boxes = np.column_stack([table.x - radius, table.y - radius, table.x + radius, table.y + radius])
        return cls(boxes, radius, table.cluster, table.whole)


def _of_circles(
    x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.int64], float]:
    """Return the cluster of each circle, and the share of circles that overlap another."""
    number = len(x)
    if number < 2:
        return np.arange(number), 0.0
    one, other = cKDTree(np.column_stack([x, y])).query_pairs(2 * RULES.near * radius.max(), output_type="ndarray").T
    ratio = np.hypot(x[one] - x[other], y[one] - y[other]) / (radius[one] + radius[other])
    near = ratio <= RULES.near
    graph = coo_array((np.ones(int(near.sum())), (one[near], other[near])), shape=(number, number))
    hides = ratio < RULES.hiding
    hidden = np.unique(np.concatenate([one[hides], other[hides]]))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64), len(hidden) / number


def counts_per_field(
    objects: Sequence[Objects],
    shapes: Sequence[tuple[int, ...]],
    patch: int,
    least: int,
    fields: Sequence[BoolImage | None] | None = None,
) -> tuple[int, int, int]:
    """Return 10th, 50th and 95th percentile of the particles that a patch displays, whole or in part.

    Fields with fewer than `least` particles are left out: training patches show more. Where all have fewer, they count.
    `fields` tell what of each scan was recorded: patches lie within it where any does.
    """
    counts = np.concatenate([seen.sum(axis=1) for seen in _all_shown(objects, shapes, patch, fields)])
    for lowest in (least, 1):
        enough = counts[counts >= lowest]
        if len(enough):
            low, middle, high = (round(float(value)) for value in np.percentile(enough, [10, 50, 95]))
            return low, middle, high
    return 1, 1, 3


def clusters_per_field(
    objects: Sequence[Objects],
    shapes: Sequence[tuple[int, ...]],
    patch: int,
    fields: Sequence[BoolImage | None] | None = None,
) -> tuple[int, str]:
    """Return the 90th percentile of clusters of two or more particles that a patch displays, and that in words."""
    numbers, sizes = [], []
    for item, shown in zip(objects, _all_shown(objects, shapes, patch, fields), strict=True):
        _, inverse, size = np.unique(item.cluster, return_inverse=True, return_counts=True)
        sizes.append(size[size >= 2])
        numbers += [len(np.unique(item.cluster[seen & (size[inverse] >= 2)])) for seen in shown if seen.sum() >= 3]
    every = np.concatenate(sizes)
    if len(every) == 0 or not numbers:
        return 1, "no clusters of two or more particles"
    most = max(1, round(float(np.percentile(numbers, 90))))
    return (
        most,
        f"clusters of {np.median(every):.0f} particles (median), {np.median(numbers):.0f} in a field, up to {most}",
    )


def _all_shown(
    objects: Sequence[Objects],
    shapes: Sequence[tuple[int, ...]],
    patch: int,
    fields: Sequence[BoolImage | None] | None,
) -> list[BoolImage]:
    known = [None] * len(shapes) if fields is None else fields
    return [_shown(item, shape, patch, field) for item, shape, field in zip(objects, shapes, known, strict=True)]


def _shown(item: Objects, shape: tuple[int, ...], patch: int, field: BoolImage | None) -> BoolImage:
    """Tell which particles each patch displays, shape (patches, k)."""
    corners = window_corners(shape[0], shape[1], patch, max(1, int(RULES.field_stride * patch)))
    if field is not None:
        inside = np.array([field[y : y + patch, x : x + patch].all() for x, y in corners])
        corners = corners[inside] if inside.any() else corners
    x, y = corners.T[:, :, None]
    left, top, right, bottom = item.boxes.T[:, None, :]
    return np.asarray((left < x + patch) & (right > x) & (top < y + patch) & (bottom > y), bool)


def mass_radius_slope(pieces: ParticleTable) -> tuple[float, float, int]:
    """Return the power with which the area of clusters grows with their radius, its error, and how many clusters.

    The radius is that of gyration. In projection the power is the fractal dimension, up to 2.
    """
    large = pieces.where(pieces.large())
    _, inverse, size = np.unique(large.cluster, return_inverse=True, return_counts=True)
    radius, mass = [], []
    for index in np.flatnonzero(size >= RULES.cluster_particles):
        chosen = inverse == index
        weight, x, y = large.area[chosen], large.x[chosen], large.y[chosen]
        middle_x, middle_y = np.average(x, weights=weight), np.average(y, weights=weight)
        own = weight / (2 * np.pi)  # of the discs themselves
        radius.append(np.sqrt(np.average((x - middle_x) ** 2 + (y - middle_y) ** 2 + own, weights=weight)))
        mass.append(weight.sum())
    if len(mass) < 4:
        return 0.0, 0.0, 0
    (slope, _), covariance = np.polyfit(np.log(radius), np.log(mass), 1, cov="unscaled")
    residual = np.log(mass) - np.polyval(np.polyfit(np.log(radius), np.log(mass), 1), np.log(radius))
    error = np.sqrt(covariance[0, 0] * (residual**2).sum() / (len(mass) - 2))
    return float(slope), float(error), len(mass)


def judge_depth(
    objects: Sequence[Objects], pieces: ParticleTable, touching: float, source: str
) -> tuple[bool, float, str]:
    """Decide whether particles lie over each other, from three weak signs; return that, confidence and evidence."""
    if source == "regions":
        return False, SURE.regions_flat, "agglomerates lie side by side; their own depth is in their shape"
    large = pieces.where(pieces.large())
    if touching < RULES.apart:
        return False, SURE.apart_flat, "particles lie apart"
    shade = _shade(large)
    hiding = float(np.mean([item.hiding for item in objects])) if source == "circles" else 0.0
    touched = large.solidity[large.contacts > 0]
    cut = float(np.mean(touched < RULES.cut_solidity)) if len(touched) else 0.0
    signs = [min(shade / RULES.usual_shade, 1), min(cut / RULES.usual_cut, 1)]
    if source == "circles":
        signs.append(min(hiding / RULES.usual_hiding, 1))
    score = float(np.mean(signs))
    words = f"brightness within clusters spreads by {shade:.0%} of the contrast; {cut:.0%} of the outlines are cut in"
    words += f"; {hiding:.0%} of the circles overlap" if source == "circles" else ""
    sure = float(np.clip(SURE.depth_lowest + abs(score - 0.5), SURE.depth_lowest, SURE.depth_highest))
    return score >= 0.5, sure, words


def _shade(large: ParticleTable) -> float:
    """Return the median spread of brightness within clusters, in units of the usual contrast."""
    spreads = []
    for name in np.unique(large.cluster):
        values = large.brightness[large.cluster == name]
        if len(values) >= 3:
            spreads.append(float(values.std()))
    return float(np.median(spreads)) / float(np.median(large.contrast)) if spreads else 0.0
