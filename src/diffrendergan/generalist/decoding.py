"""From what the generalist says of each pixel to particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.instances import foreground, split_by_depth
from diffrendergan.segmentation.joining import contour_share, joined
from diffrendergan.segmentation.pinholes import without_pinholes
from diffrendergan.segmentation.protocol import Prediction

DECODED = 3
"""Raised when the same weights give other particles than before: results are measured again then."""
CORE = 0.6
"""Share of the particle class, of particle and contour together, from which on a pixel belongs to a core."""


def told_apart(prediction: Prediction, min_region_px: int = 0) -> NDArray[np.int32]:
    """Return particles cut by the contour-aware watershed, as the generalist needs it.

    The networks of a case are sure of what they know; their cores are cut where a contour is only suspected
    (`segmentation.instances.watershed`). The generalist is often unsure of all classes alike inside large particles
    with patterns: its cores are where particle is clearly likelier than contour, without pinholes. Parts between which
    it sees no contour are joined again in scans where that is an exception, or that show rods (`segmentation.joining`).

    Parameters
    ----------
    prediction : Prediction
        Its classes are used.
    min_region_px : int
        Smaller regions are dropped [px].

    Returns
    -------
    int32 (H, W)
        0 background, 1..k particles.
    """
    mask = foreground(prediction)
    _, particle, contour = prediction.classes
    inside = particle + contour
    cut = split_by_depth(without_pinholes(mask & (particle >= CORE * inside)), mask)
    return drop_small(joined(cut, contour_share(contour, inside)), min_region_px)
