"""From what a network says of each pixel to particles: four ways to tell touching ones apart.

The numbers below were set on scans that are not used for scores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed as flood

from diffrendergan.detection.seeds import standing_out
from diffrendergan.errors import ConfigError
from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.compact import with_whole_bodies
from diffrendergan.segmentation.joining import contour_share, with_whole_rods
from diffrendergan.segmentation.pinholes import without_pinholes
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.whole_shapes import stars_in, visible_parts

Decoding = Literal["components", "watershed", "distance", "amodal"]

DECODED = 3
"""Raised when the same predictions give other particles than before: what was kept is made anew then."""
CORE_PROBABILITY = 0.75
"""Pixels at least this surely of the particle class form the cores whose depth is measured: a contour that was only
suspected still cuts them."""
SURE_WITHOUT_CORE = 0.85
"""Mean probability of particle and contour together from which a region without any core is a particle, as for the
generalist: half of the dots of 11 px in a contour class of 4 px."""
DEPTH_SIGMA_PX = 1.0
"""Smoothing of the depth, against maxima from ragged outlines [px]."""
LEAST_NECK_PX = 0.5
"""Two depth maxima belong to one particle if the neck between them is shallower than the lower of them by less than
this [px] ..."""
LEAST_NECK_FRACTION = 0.05
"""... or by less than this fraction of its depth, whichever is more, so that large particles are not cut by ripples."""
CORE_DISTANCE = 0.5
"""Pixels at least this far inside a particle, as a fraction of `targets.DISTANCE_PX`, form its core."""


def components(prediction: Prediction, min_region_px: int = 0) -> NDArray[np.int32]:
    """Return the 4-connected components of the particle class.

    The paper's rule. The contour class counts as background, so that the regions lack the width of the contour all
    round.

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

    Source: METHOD §8; Possart et al. 2025, Methods.
    """
    particle = np.argmax(prediction.classes, axis=0) == 1
    return drop_small(label(particle, connectivity=1), min_region_px)


def watershed(prediction: Prediction, min_region_px: int = 0) -> NDArray[np.int32]:
    """Return particles cut by a contour-aware watershed.

    The depth of a pixel is its distance to the nearest pixel that is not surely particle: to the background, or to a
    contour, even one that the network only suspects; holes that are small for how deep they lie do not count. Each
    maximum of the depth that stands out from its neighbours seeds a particle; the seeds are flooded along falling depth
    over the whole foreground, which gives the contour back to the particles. The depth of a rod ripples along it: in
    scans that show rods, parts between which no contour is seen are joined again. Patterns cut compact bodies: in scans
    that show these, parts that are one together are joined again (`compact`). Particles too thin for a core are kept if
    the network is sure of them.

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
    _, particle, contour = prediction.classes
    mask = foreground(prediction)
    cut = split_by_depth(without_pinholes(particle >= CORE_PROBABILITY), mask)
    cut = _with_thin_ones(cut, mask, particle + contour)
    whole = with_whole_rods(cut, contour_share(contour, particle + contour))
    return drop_small(with_whole_bodies(whole), min_region_px)


def _with_thin_ones(
    labels: NDArray[np.int32], mask: NDArray[np.bool_], inside: NDArray[np.floating]
) -> NDArray[np.int32]:
    """Return labels (H, W) with those regions of a mask in which nothing has a label, if the network is sure of them.

    An image of nothing but contour says nothing.
    """
    regions = np.asarray(label(mask, connectivity=1), np.int32)
    empty = np.ones(int(regions.max(initial=0)) + 1, bool)
    empty[regions[labels > 0]] = empty[0] = False
    numbers = np.flatnonzero(empty)
    if mask.all() or not len(numbers):
        return labels
    sure = numbers[np.asarray(ndimage.mean(inside, regions, numbers)) >= SURE_WITHOUT_CORE]
    names = np.zeros(len(empty), np.int32)
    names[sure] = int(labels.max(initial=0)) + 1 + np.arange(len(sure), dtype=np.int32)
    return np.where(labels > 0, labels, names[regions])


def by_distance(prediction: Prediction, min_region_px: int = 0) -> NDArray[np.int32]:
    """Return particles cut by the predicted distance.

    As `watershed`, but what lies deep enough inside a particle, by the predicted distance, forms the cores. Particles
    too thin for a core are kept whole.

    Parameters
    ----------
    prediction : Prediction
        Its classes give the foreground, its distance what is one particle.
    min_region_px : int
        Smaller regions are dropped [px].

    Returns
    -------
    int32 (H, W)
        0 background, 1..k particles.

    Raises
    ------
    ConfigError
        If the network has no such head.
    """
    if prediction.distance is None:
        raise ConfigError(
            "the decoding `distance` needs a network that predicts distances, which nnU-Net does not; set "
            "`evaluation.decoding` to watershed or components."
        )
    mask = foreground(prediction)
    labels = split_by_depth(prediction.distance >= CORE_DISTANCE, mask)
    coreless = label(mask & (labels == 0), connectivity=1)
    labels = np.where(coreless > 0, coreless + labels.max(), labels)
    return drop_small(labels, min_region_px)


def amodal(prediction: Prediction, min_region_px: int = 0) -> NDArray[np.int32]:
    """Return what is seen of particles, by the watershed, split and joined where their whole shapes say so.

    Parameters
    ----------
    prediction : Prediction
        Its classes and its stars are used.
    min_region_px : int
        Smaller regions are dropped [px].

    Returns
    -------
    int32 (H, W)
        0 background, 1..k particles; `whole_shapes.whole_particles` gives the whole ones of the same numbers.

    Raises
    ------
    ConfigError
        If the network has no such head.
    """
    stars_in(prediction)
    cores = prediction.classes[1] >= CORE_PROBABILITY
    return visible_parts(prediction, watershed(prediction), cores, min_region_px)


def foreground(prediction: Prediction) -> NDArray[np.bool_]:
    """Return where particle and contour together are likelier than background (H, W).

    A loss that weighs the contour class more makes the network overstate it; that is taken back here, or the particles
    would come out too large.
    """
    background, particle, contour = (
        probability / weight for probability, weight in zip(prediction.classes, prediction.weights, strict=True)
    )
    return particle + contour > background


def split_by_depth(cores: NDArray[np.bool_], mask: NDArray[np.bool_], min_region_px: int = 0) -> NDArray[np.int32]:
    """Cut a mask (H, W) at the necks of its cores (H, W); parts of the mask without any core are dropped.

    The image border is no boundary: a particle cut by it is as deep there as it looks.
    """
    if not cores.any():
        return np.zeros(mask.shape, np.int32)
    if cores.all():
        return drop_small(label(mask, connectivity=1), min_region_px)
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(cores), DEPTH_SIGMA_PX)
    return drop_small(flood(-depth, standing_out(depth, _lowered), mask=mask), min_region_px)


def _lowered(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how deep the neck to a deeper maximum may be for one of a depth not to count by itself."""
    return np.minimum(depth - LEAST_NECK_PX, depth * (1 - LEAST_NECK_FRACTION))


DECODINGS: dict[Decoding, Callable[[Prediction, int], NDArray[np.int32]]] = {
    "components": components,
    "watershed": watershed,
    "distance": by_distance,
    "amodal": amodal,
}
"""The ways by name."""


def decode_all(prediction: Prediction, min_region_px: int) -> dict[Decoding, NDArray[np.int32]]:
    """Return the particles by each decoding that the network allows."""
    needs = {"distance": prediction.distance, "amodal": prediction.stars}
    return {
        name: decode(prediction, min_region_px)
        for name, decode in DECODINGS.items()
        if name not in needs or needs[name] is not None
    }
