"""Parts of one compact body that a pattern in it cut apart, joined again by what they are together.

Bend contours, a dark core in a pale shell or a crystal that diffracts in one half look like outlines to a network, and
are as sure as those. But a body that is cut within has parts that are long, or have corners, and that together are as
compact as the scan's other particles; of two particles that touch, each is compact, and both together are long or cut
in. So shapes decide, in scans alone whose particles are compact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.hulls import Points, edge_points, hull_of
from diffrendergan.segmentation.moments import Moments, moments_of, ratio_of_axes
from diffrendergan.segmentation.neighbours import pairs_of

LEAST_PARTS = 4
"""Parts clear of the border from which it is judged whether a scan's particles are compact ..."""
LEAST_PX = 40
"""... and the area of the smallest of these [px]."""
COMPACT = 1.35
"""Ratio of the axes up to which a body is compact. The median of the parts must be, and what is joined. Of spheres and
crystals it is 1 to 1.25, of halves of a disc 1.9, of two discs or cubes that touch 2."""
CONVEX = 0.95
"""Least part of its convex hull that what is joined fills: two discs that touch fill .88, one fills .97 and more ..."""
MOST_LOST = 0.02
"""... and it fills at most so much less than its parts do of theirs: halves of a disc in pixels fill .01 more."""
PASSES = 2
"""How often parts are joined by twos: a body of which two caps were cut takes two."""


def with_whole_bodies(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return labels (H, W) in which parts of a compact body have one number, if the scan shows such bodies.

    Parameters
    ----------
    labels : int32 (H, W)
        0 background, 1..k parts.

    Returns
    -------
    int32 (H, W)
        0 background, 1..j; as it is where particles are long, or fewer than `LEAST_PARTS` are seen whole.
    """
    for _ in range(PASSES):
        moments = moments_of(labels)
        if not _are_compact(labels, moments):
            return labels
        names = _joined_by_twos(labels, moments)
        if names is None:
            return labels
        labels = drop_small(names[labels], 1)
    return labels


def _are_compact(labels: NDArray[np.int32], moments: Moments) -> bool:
    """Tell whether the parts (H, W) that the border does not cut are mostly compact."""
    inner = moments.areas >= LEAST_PX
    inner[0] = False
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inner[edge] = False
    return int(inner.sum()) >= LEAST_PARTS and float(np.median(ratio_of_axes(moments)[inner])) <= COMPACT


def _joined_by_twos(labels: NDArray[np.int32], moments: Moments) -> NDArray[np.int32] | None:
    """Return a new number for each part (k + 1,), the same for the two of a body, the clearest first; None if none."""
    boxes, hulls = ndimage.find_objects(labels), dict[int, tuple[float, Points]]()
    aspects, found = ratio_of_axes(moments), list[tuple[float, int, int]]()
    for one, other in pairs_of(labels):
        together = moments.together(one, other)
        if together.aspect > min(COMPACT, max(aspects[one], aspects[other])):
            continue
        for part in {one, other} - hulls.keys():
            hulls[part] = hull_of(edge_points(labels, part, boxes[part - 1]))
        whole, _ = hull_of(np.concatenate([hulls[one][1], hulls[other][1]]))
        fills = together.area / whole
        if fills >= max(CONVEX, together.area / (hulls[one][0] + hulls[other][0]) - MOST_LOST):
            found.append((-fills, one, other))
    names, taken = np.arange(len(aspects), dtype=np.int32), set[int]()
    for _, one, other in sorted(found):
        if not taken & {one, other}:
            names[other] = one
            taken |= {one, other}
    return names if taken else None
