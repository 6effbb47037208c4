"""Several magnifications of one scan: what a network says at each, and which of them it is surest of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
SURE_ENOUGH = 0.08
"""Magnifications whose surety is less than this below the highest are compared by the size of the particles."""
SIGN_SCALE = 0.25
"""Bright and dark may be told apart at this magnification already, if particles are seen there: ..."""
DECIDED, CLEARLY = 0.93, 0.08
"""... with this surety, and so much more than with bright and dark exchanged."""
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
    def surety(self) -> float:
        """Mean probability of what is taken for foreground; 0 where nothing is."""
        share = 1 - self.prediction.classes[0]
        taken = foreground(self.prediction)
        return float(share[taken].mean()) if taken.any() else 0.0

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


def look(segmenter: Segmenter, pixels: NDArray[np.float32], scale: float, turned: bool = False) -> Looked:
    """Return what a network says of a scan (H, W) at a magnification, bright and dark exchanged or not."""
    shown = 2 * MEAN - pixels if turned else pixels
    if scale != 1:
        shown = resized(shown, scaled_shape(pixels.shape, scale))
    return Looked(scale, turned, segmenter.predict(shown))


def best_look(segmenter: Segmenter, pixels: NDArray[np.float32]) -> Looked:
    """Return what a network says of a scan (H, W) at the magnification that suits it.

    Whether bright and dark are exchanged is decided at the small magnifications: one phase of a scan may be taken for
    particles as well as the other, and the network is surer of bright ones, of which it was shown more. Among the
    magnifications at which it is about as sure as at the surest, the one counts at which particles are about
    `BEST_PX` large. Larger magnifications cost most, and are left out where they could not count any more.
    """
    waiting = list(scales_for(pixels.shape))
    seen: dict[bool, list[Looked]] = {False: [], True: []}
    while waiting and (waiting[0] < 1 or not seen[False]) and not _decided(seen):
        scale = waiting.pop(0)
        for turned, looks in seen.items():
            looks.append(look(segmenter, pixels, scale, turned))
    looks = max(seen.values(), key=lambda looks: max(looked.surety for looked in looks))
    for scale in waiting:
        if looks[-1].median_px >= BEST_PX and looks[-1] in _sure(looks):
            break
        looks.append(look(segmenter, pixels, scale, looks[-1].turned))
    return _fitting(looks)


def _decided(seen: Mapping[bool, Sequence[Looked]]) -> bool:
    """Tell whether the looks so far leave no doubt about the exchange of bright and dark."""
    if not seen[False]:
        return False
    low, high = sorted(max(looked.surety for looked in looks) for looks in seen.values())
    return high >= DECIDED and high - low >= CLEARLY and seen[False][-1].scale >= SIGN_SCALE


def _sure(looks: Sequence[Looked]) -> list[Looked]:
    """Return the looks at which the network is about as sure as at the surest."""
    surest = max(looked.surety for looked in looks)
    return [looked for looked in looks if looked.surety >= surest - SURE_ENOUGH]


def _fitting(looks: Sequence[Looked]) -> Looked:
    """Return that of the sure looks at which particles have the size that the network tells apart best."""
    surest = max(looks, key=lambda looked: looked.surety)
    sure = _sure(looks)
    medians = [looked.median_px / looked.scale for looked in sure if looked.median_px > 0]
    if not medians:
        return surest
    usual = float(np.median(medians))
    return min(sure, key=lambda looked: abs(np.log(usual * looked.scale / BEST_PX)))


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
