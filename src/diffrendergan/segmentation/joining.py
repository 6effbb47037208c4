"""Parts of one body that were cut where no contour is seen, joined again.

Networks of a case join rods alone: with 60 steps of training on rods in transmission that brought AP50 from .10 and .18
to .50 and .52. The generalist joins in both kinds of scans below.

The watershed cuts wherever depth has a neck. That is right where contours are weak and touching bodies have necks
between them, as often in transmission. It is wrong along rods, whose depth ripples, and on large bodies that small
ones lie on. So parts are joined in two kinds of scans alone: where contours are seen between nearly all neighbours, so
that a border without one is the exception; and where what stands alone is rods.

The numbers below were set on four sets that a program of its own drew (rods in transmission, rods in heaps, cubes,
powder) and held against six to eleven scans each of `tio2-sem`, `emps-dots-tem` and `emps-spheres-sem`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.inspection.rules import RULES
from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.hulls import Points, edge_points, hull_of
from diffrendergan.segmentation.moments import moments_of, ratio_of_axes
from diffrendergan.segmentation.neighbours import meetings

NO_CONTOUR = 0.3
"""A border shows no contour if its lower quartile of contour, of particle and contour together, is below this. At its
ends every border meets the outlines of both parts: hence a quartile."""
LEAST_BORDERS = 20
"""Borders in a scan from which their kind is judged."""
FEW = 0.1
"""Share of the borders without contour up to which they are exceptions, and all such parts are joined: .03 to .1 of
powder, cubes and heaps of rods; of `tio2-sem` .2 to .4."""
LEAST_ALONE = 4
"""Convex regions that stand alone from which that is judged."""
ALONE_PX = 40
"""Area of the smallest of these [px]."""
CONVEX = 0.91
"""Least part of its convex hull that such a region fills: two discs that touch fill .88."""
MOST_LOST = 0.08
"""Parts of rods are joined if together they fill so much less of their hull than each of its own, at most: the two arms
of a cross are no rod."""


def joined(labels: NDArray[np.int32], contour: NDArray[np.floating]) -> NDArray[np.int32]:
    """Return labels in which parts of one body have one number.

    Parameters
    ----------
    labels : int32 (H, W)
        0 background, 1..k parts.
    contour : float (H, W)
        Probability of contour, of particle and contour together.

    Returns
    -------
    int32 (H, W)
        0 background, 1..j.
    """
    labels = with_whole_rods(labels, contour)
    values = [quartile for _, _, quartile, _ in _borders(labels, contour)]
    if len(values) >= LEAST_BORDERS and float(np.mean(np.array(values) < NO_CONTOUR)) <= FEW:
        labels = _join(labels, contour, np.inf)
    return labels


def with_whole_rods(labels: NDArray[np.int32], contour: NDArray[np.floating]) -> NDArray[np.int32]:
    """Return labels (H, W) in which parts of a rod have one number, if they show rods; else as they are."""
    return _join(labels, contour, MOST_LOST) if shows_rods(labels) else labels


def contour_share(contour: NDArray[np.floating], inside: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the probability of contour within that of particle and contour together, `inside`; all are (H, W)."""
    return np.asarray(contour / np.maximum(inside, 1e-6))


def shows_rods(labels: NDArray[np.int32]) -> bool:
    """Tell whether the convex regions that stand alone in labels (H, W) are mostly rods, whole or cut.

    Rods are what `init` calls so: the median of length over width tells. Of `tio2-sem` and dots it is 1 to 1.5, of rods
    2.1 and more.
    """
    regions = np.asarray(ndimage.label(labels > 0)[0], np.int32)
    if not regions.any():
        return False
    areas = np.bincount(regions.ravel())
    at_border = np.unique(np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]]))
    alone = areas >= ALONE_PX
    alone[0] = alone[at_border] = False
    aspects = ratio_of_axes(moments_of(regions))
    if (aspects[alone] >= RULES.rod_aspect).sum() < LEAST_ALONE / 2:
        return False
    boxes = ndimage.find_objects(regions)
    convex = [
        n
        for n in np.flatnonzero(alone).tolist()
        if areas[n] >= CONVEX * hull_of(edge_points(regions, n, boxes[n - 1]))[0]
    ]
    return len(convex) >= LEAST_ALONE and float(np.median(aspects[convex])) >= RULES.rod_aspect


def _borders(
    labels: NDArray[np.int32], contour: NDArray[np.floating]
) -> Iterator[tuple[int, int, float, NDArray[np.float64]]]:
    """Yield the numbers of neighbouring parts, the lower quartile of contour along their border, and all of it."""
    keys, values, count, flat = [], [], int(labels.max(initial=0)) + 1, contour.ravel()
    for met in meetings(labels):
        keys.append(met.low * count + met.high)
        values.append(np.maximum(flat[met.here], flat[met.there]))
    key, value = np.concatenate(keys), np.concatenate(values).astype(np.float64)
    order = np.argsort(key, kind="stable")
    pairs, first = np.unique(key[order], return_index=True)
    for pair, along in zip(pairs.tolist(), np.split(value[order], first[1:]), strict=False):
        if len(along) >= 2:
            yield pair // count, pair % count, float(np.percentile(along, 25)), along


def _join(labels: NDArray[np.int32], contour: NDArray[np.floating], most_lost: float) -> NDArray[np.int32]:
    """Join neighbours with no contour between them, the clearest first; borders of what was joined become one."""
    beside: dict[int, dict[int, NDArray[np.float64]]] = {}
    waiting: list[tuple[float, int, int, int]] = []
    for one, other, quartile, along in _borders(labels, contour):
        beside.setdefault(one, {})[other] = beside.setdefault(other, {})[one] = along
        heapq.heappush(waiting, (quartile, one, other, len(along)))
    names, areas = np.arange(int(labels.max(initial=0)) + 1), np.bincount(labels.ravel()).astype(float)
    boxes = ndimage.find_objects(labels)
    hulls: dict[int, tuple[float, Points]] = {}
    while waiting and waiting[0][0] < NO_CONTOUR:
        _, one, other, length = heapq.heappop(waiting)
        if len(beside.get(one, {}).get(other, ())) != length:
            continue  # one of them has become part of another since
        if np.isfinite(most_lost):
            for part in {one, other} - hulls.keys():
                hulls[part] = hull_of(edge_points(labels, part, boxes[part - 1]))
            together = hull_of(np.concatenate([hulls[one][1], hulls[other][1]]))
            area = areas[one] + areas[other]
            if area / (hulls[one][0] + hulls[other][0]) - area / together[0] > most_lost:
                continue
            hulls[one], areas[one] = together, area
        names[other] = one
        for third, along in beside.pop(other).items():
            del beside[third][other]
            if third != one:
                beside[one][third] = beside[third][one] = np.concatenate([beside[one].get(third, ()), along])
        for third, along in beside[one].items():
            heapq.heappush(waiting, (float(np.percentile(along, 25)), min(one, third), max(one, third), len(along)))
    while (names[names] != names).any():
        names = names[names]
    return drop_small(names[labels], 1)
