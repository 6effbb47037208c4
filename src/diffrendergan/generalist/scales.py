"""Several magnifications of one scan: what a network says at each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed as flood

from diffrendergan.generalist.decoding import told_apart
from diffrendergan.generalist.standard import MEAN
from diffrendergan.labels.regions import drop_small
from diffrendergan.micrographs.resampling import nearest, resized, scaled_shape
from diffrendergan.segmentation.instances import foreground
from diffrendergan.segmentation.protocol import Prediction, Segmenter
from diffrendergan.sizes.units import equivalent_diameters

SCALES = (0.125, 0.25, 0.5, 1.0)
"""Magnifications that are looked at; small ones first, since they cost least."""
ENLARGED = 2.0
"""Also looked at where a scan is small."""
SMALL_PX = 600
"""Scans whose longer edge is shorter than this are enlarged as well [px]."""
LEAST_EDGE_PX = 64
"""No scan is made smaller than this [px]."""
BEST_PX = 30.0
"""Diameter at which the network tells particles apart best [px]."""
LEAST_SURETY = 0.85
"""Mean probability of foreground that a region must have to be a particle."""
LEAST_REGION_PX = 12
"""Smaller regions at the scale looked at are dropped [px]: the images of the training have none."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What a network says of a scan at one magnification.

    Attributes
    ----------
    scale : float
        Pixels looked at per pixel of the scan.
    turned : bool
        Whether bright and dark were exchanged first.
    prediction : Prediction
        At that magnification.
    """

    scale: float
    turned: bool
    prediction: Prediction

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """What is taken for foreground, at this magnification."""
        return foreground(self.prediction)

    @cached_property
    def surety(self) -> float:
        """Mean probability of what is taken for foreground; 0 where nothing is."""
        share = 1 - self.prediction.classes[0]
        return float(share[self.inside].mean()) if self.inside.any() else 0.0

    @cached_property
    def median_px(self) -> float:
        """Median diameter of the particles, at this magnification [px]; 0 where there is none."""
        areas = np.bincount(self.labels.ravel())[1:]
        return float(np.median(equivalent_diameters(areas))) if len(areas) else 0.0

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """The particles at this magnification, without those that the network is unsure of."""
        found = told_apart(self.prediction, LEAST_REGION_PX)
        numbers = np.arange(1, found.max() + 1)
        sureties = ndimage.mean(1 - self.prediction.classes[0], found, numbers) if len(numbers) else np.zeros(0)
        kept = np.where(np.asarray(sureties) >= LEAST_SURETY, numbers, 0)
        return drop_small(np.concatenate([[0], kept]).astype(np.int32)[found], 1)


def scales_for(shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the magnifications at which a scan of a shape (H, W) is looked at."""
    usable = tuple(scale for scale in SCALES if scale == 1 or min(shape) * scale >= LEAST_EDGE_PX)
    return (*usable, ENLARGED) if max(shape) < SMALL_PX else usable


def shown_at(pixels: NDArray[np.float32], scale: float, turned: bool = False) -> NDArray[np.float32]:
    """Return a scan (H, W) at a magnification (h, w), bright and dark exchanged or not."""
    shown = 2 * MEAN - pixels if turned else pixels
    return shown if scale == 1 else resized(shown, scaled_shape(pixels.shape, scale))


def look(segmenter: Segmenter, pixels: NDArray[np.float32], scale: float, turned: bool = False) -> Looked:
    """Return what a network says of a scan (H, W) at a magnification, bright and dark exchanged or not."""
    return Looked(scale, turned, segmenter.predict(shown_at(pixels, scale, turned)))


def particles_at(looked: Looked, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the particles (H, W) of a scan of `shape` as seen at a magnification.

    They are told apart at that magnification, and their outlines drawn at the scan's own.
    """
    labels = looked.labels
    if looked.scale == 1 or not labels.any():
        return labels if labels.shape == shape else np.zeros(shape, np.int32)
    ground, particle, contour = (
        resized(part, shape) / weight
        for part, weight in zip(looked.prediction.classes, looked.prediction.weights, strict=True)
    )
    mask = particle + contour > ground
    coarse = np.where(mask, nearest(labels, shape), 0)
    return drop_small(flood(np.zeros(shape, np.uint8), coarse, mask=mask), 1)
