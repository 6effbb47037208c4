"""What the head of whole shapes learns of a training crop: where particles are seen, and how far their outlines are.

Each block of `stars.STRIDE` px learns of the particle that is seen in its middle: how deep in the *visible* part of it
the middle lies, as a fraction of the deepest (the object probability, 1 at one place of every particle, however little
of it is seen), and the distances to the *whole* outline, where others cover it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from diffrendergan.labels.layers import Layers
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.stars import RAYS, STRIDE, FlatLayers, directions, star_distances
from diffrendergan.segmentation.unet.targets import near_another


class CropStars(NamedTuple):
    """The targets of a crop (P, P), or of several."""

    probability: NDArray[np.float32]
    """(h, w), h = P / STRIDE: 0 on the ground."""
    lengths: NDArray[np.float32]
    """(RAYS, h, w) [px]."""
    weights: NDArray[np.float32]
    """(RAYS, h, w): how much a distance counts; 0 where it is not known, or not among those that are learned."""
    known: NDArray[np.float32]
    """(): 1 where whole shapes are known; else nothing of the crop counts."""


class StarBatch(NamedTuple):
    """The targets of a batch: see `CropStars`; each with an axis (B, …) in front."""

    probability: Tensor
    lengths: Tensor
    weights: Tensor
    known: Tensor


def crop_stars(
    instances: NDArray[np.int32],
    source: NDArray[np.integer],
    width: int,
    layers: Layers | None,
    rng: np.random.Generator,
) -> CropStars:
    """Return the targets of a crop.

    Parameters
    ----------
    instances : int32 (P, P)
        The particle that each pixel shows.
    source : ndarray of int, shape (P, P)
        Which pixel of the image each pixel of the crop shows, as a flat index.
    width : int
        Columns of the image.
    layers : Layers or None
        The whole particles of the image, by the numbers of `instances`; None where they are not known.
    rng : numpy.random.Generator
        Chooses the blocks of each particle whose distances are learned.
    """
    middles = instances[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    rays = (RAYS, *middles.shape)
    known = np.array(layers is not None, np.float32)
    empty = CropStars(
        np.zeros(middles.shape, np.float32), np.zeros(rays, np.float32), np.zeros(rays, np.float32), known
    )
    if layers is None or not middles.any():
        return empty
    probability = _deepness(instances, middles)
    down, across = _chosen(middles, probability, rng)
    places = np.stack([down, across], axis=1) * STRIDE + STRIDE / 2
    flat = FlatLayers.of(layers)
    lengths, ended = star_distances(flat, middles[down, across], places, source, width)
    empty.lengths[:, down, across] = lengths.T
    hidden = _end_hidden(places, lengths, middles[down, across], instances)
    counts = ended * np.where(hidden, WHOLE_RULES.hidden_weight, 1)
    empty.weights[:, down, across] = (counts * probability[down, across, None]).T
    return empty._replace(probability=probability)


def as_star_batch(crops: Sequence[CropStars]) -> StarBatch:
    """Return the targets of crops as tensors."""
    return StarBatch(*(torch.from_numpy(np.stack(arrays)) for arrays in zip(*crops, strict=True)))


def _deepness(instances: NDArray[np.int32], middles: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the depth of each middle (h, w) in what is seen of its particle, as a fraction of the deepest."""
    edge = near_another(instances, 1)
    if not edge.any():
        return (middles > 0).astype(np.float32)
    depth = ndimage.distance_transform_edt(~edge)[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE] + 0.5
    deepest = np.zeros(int(middles.max()) + 1)
    np.maximum.at(deepest, middles, depth)
    return np.where(middles > 0, depth / deepest[middles], 0).astype(np.float32)


def _end_hidden(
    places: NDArray[np.floating],
    lengths: NDArray[np.float32],
    numbers: NDArray[np.integer],
    instances: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Return which rays (n, RAYS) end where another particle is seen, just before the outline of their own."""
    ends = places[:, None] + (lengths[..., None] - 1) * directions()
    rows, columns = (np.clip(np.floor(ends[..., axis]).astype(int), 0, instances.shape[axis] - 1) for axis in (0, 1))
    return np.asarray(instances[rows, columns] != numbers[:, None])


def _chosen(
    middles: NDArray[np.int32], probability: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of some blocks of each particle, all in the deeper part of what is seen."""
    down, across = np.nonzero((middles > 0) & (probability >= WHOLE_RULES.least_depth))
    order = rng.permutation(len(down))
    down, across = down[order], across[order]
    numbers = middles[down, across]
    by_number = np.argsort(numbers, kind="stable")
    ranked = numbers[by_number]
    rank = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)
    kept = by_number[rank < WHOLE_RULES.learned_blocks]
    return down[kept], across[kept]
