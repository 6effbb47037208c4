"""How sure a network is of each particle: whether it finds the same one when it looks again in another way.

A network's probabilities say how sure it is of pixels, and are high on either side of an outline that it draws wrongly.
A particle that is found again in mirror images, at other magnifications and by networks of other seeds, with the same
outline, is seldom wrong (docs/quantification.md has the measured shares).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.labels.overlap import region_overlaps

Labels = NDArray[np.int32]
Values = NDArray[np.float64]


class View(NamedTuple):
    """A way of looking at a scan once more."""

    scale: float
    """Magnification, beside that at which the particles were found."""
    axes: tuple[int, ...]
    """Axes along which the scan is mirrored."""

    def shown(self, pixels: NDArray) -> NDArray:
        """Return an image (H, W) as it is looked at; its magnification aside. Undoes itself."""
        return np.ascontiguousarray(np.flip(pixels, self.axes))


VIEWS = (View(1.0, (-1,)), View(1.0, (-2,)), View(0.85, ()), View(1.18, (-1, -2)))
"""Two mirror images and both directions of scale. So much changes no particle for a network that sees crops at .7 to
1.4 of their scale in training, but the outlines that it is unsure of."""
ONE_VIEW = View(1.0, (-2,))
"""The one of a network that has to answer within seconds: a right particle is nearly as often surer than a wrong one
as by all of `VIEWS`, in a quarter of the time (docs/quantification.md)."""
AS_IT_IS = View(1.0, ())
UNSURE = 0.5
"""Of particles that are less sure than this, fewer than half are right (docs/quantification.md)."""
MANY, FEWEST = 0.5, 10
"""A scan in which a larger share of the particles is unsure, and that has at least so many, is doubted. Rule of thumb:
the generalist had at most .22 in 12 of 14 scans of five kinds, .52 in dense spheres that it cut, .8 in crossing wires;
a run's network .02 to .07 in scans of its material, and .86 in spheres."""


class Found(NamedTuple):
    """The particles of a scan, and how far they are to be trusted."""

    labels: Labels
    """(H, W): 0 background, particles above."""
    doubts: tuple[str, ...]
    """What is doubtful of them all, a sentence each."""
    confidence: Values
    """Of each label, shape (largest label + 1,), in [0, 1]; that of label 0 means nothing."""
    whole: Layers | None = None
    """The whole particles, by the same numbers, where the network predicts them."""


def unsure_doubts(labels: Labels, confidence: Values) -> tuple[str, ...]:
    """Say that most particles of a scan are unsure: it may be of another material than a network was trained for.

    Parameters
    ----------
    labels : ndarray of int
        (H, W): 0 background, particles above.
    confidence : ndarray of float
        Of each label.

    Returns
    -------
    tuple of str
        At most one sentence.
    """
    sure = confidence[np.unique(labels[labels > 0])]
    share = float(np.mean(sure < UNSURE)) if len(sure) >= FEWEST else 0.0
    if share <= MANY:
        return ()
    return (
        f"{100 * share:.0f}% of the particles are found otherwise when the network looks again: perhaps nothing like "
        "this scan was in its training; look at the outlines before you use any figure",
    )


def agreement(labels: Labels, others: Iterable[Labels]) -> Values:
    """Return how well each particle is found again: its largest overlap (IoU) in each of other label images, averaged.

    Parameters
    ----------
    labels : int32 (H, W)
        0 background, particles above.
    others : iterable of int32 (H, W)
        The same scan, segmented in other ways; at least one.

    Returns
    -------
    ndarray, shape (largest label + 1,)
        In [0, 1], by label; 0 for numbers that no pixel has.
    """
    numbers = np.unique(labels[labels > 0])
    best = []
    for other in others:
        overlaps = region_overlaps(labels, other)
        largest = np.zeros(len(numbers))
        np.maximum.at(largest, overlaps.rows, overlaps.ious)
        best.append(largest)
    confidence = np.zeros(int(labels.max(initial=0)) + 1)
    confidence[numbers] = np.mean(best, axis=0)
    return confidence
