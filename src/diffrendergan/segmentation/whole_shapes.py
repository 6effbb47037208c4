"""From visible parts and predicted stars to whole particles, which may lie over each other.

The watershed says which pixels of a particle are seen, exactly; the stars say how it goes on where others cover it.
So a whole particle is what is seen of it, and of its predicted shape only what other particles cover: where the ground
is seen, there is nothing. Stars also correct the watershed: a region in which two different shapes are proposed is
split, and regions that propose the same shape are one particle, seen in two parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed as flood

from diffrendergan.errors import ConfigError
from diffrendergan.labels.layers import Layer, Layers, Mask
from diffrendergan.labels.regions import drop_small
from diffrendergan.segmentation.proposals import Shape, proposed
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.stars import STRIDE, star_masks


class Whole(NamedTuple):
    """The particles of an image."""

    labels: NDArray[np.int32]
    """(H, W): which particle is seen, 0 background, 1..k particles."""
    layers: Layers
    """The whole particles, by the same numbers; each holds at least what is seen of it."""


def stars_in(prediction: Prediction) -> NDArray[np.floating]:
    """Return the stars of a prediction.

    Raises
    ------
    ConfigError
        If the network predicts none.
    """
    if prediction.stars is None:
        raise ConfigError(
            "the decoding `amodal` needs a network that was taught whole shapes; set `evaluation.decoding: amodal` in "
            "the project and run `diffrendergan segment`, or take watershed or components."
        )
    return prediction.stars


def visible_parts(
    prediction: Prediction, regions: NDArray[np.int32], cores: Mask, min_region_px: int = 0
) -> NDArray[np.int32]:
    """Return the regions of the watershed, split and joined as the stars of a prediction say.

    Parameters
    ----------
    prediction : Prediction
        Its stars are used.
    regions : int32 (H, W)
        Of the watershed, 0 background.
    cores : bool (H, W)
        Pixels that are surely inside of a particle.
    min_region_px : int
        Smaller parts are dropped [px].
    """
    shapes = proposed(stars_in(prediction), regions)
    names = np.arange(int(regions.max(initial=0)) + 1, dtype=np.int32)
    for shape in shapes:
        names[list(shape.regions[1:])] = shape.regions[0]
    shapes = [shape for shape in shapes if names[shape.regions[0]] == shape.regions[0]]
    labels = names[regions]
    free = int(names.max(initial=0))
    depth = ndimage.distance_transform_edt(cores)
    by_region: dict[int, list[Shape]] = {}
    for shape in shapes:
        by_region.setdefault(shape.regions[0], []).append(shape)
    for region, several in sorted(by_region.items()):
        if len(several) > 1:
            free = _split(labels, region, several, depth, free)
    return drop_small(labels, min_region_px)


def whole_particles(prediction: Prediction, labels: NDArray[np.int32]) -> Layers:
    """Return the whole particles of which a label image (H, W) shows what is seen.

    Of those of which no block's middle is seen, which are small, it is what is seen.
    """
    stars, boxes = stars_in(prediction), ndimage.find_objects(labels)
    hidden = [_beneath(stars, labels, number, box) for number, box in enumerate(boxes, start=1) if box is not None]
    kept = _below_only(hidden, labels)
    seen = {layer.number: layer for layer in Layers.of_labels(labels)}
    return Layers.of(labels.shape, (_joined(seen[part.number], part) for part in kept))


def covered_parts(labels: NDArray[np.int32], shapes: Layers) -> Layers:
    """Return for each particle of a label image (H, W) what is seen of it, and of its shape what others cover.

    Parameters
    ----------
    labels : int32 (H, W)
        What is seen, 0 background.
    shapes : Layers
        By the same numbers; of particles without one, what is seen is all.
    """
    known = {layer.number: layer for layer in shapes}

    def whole() -> Iterator[tuple[int, int, int, Mask]]:
        for seen in Layers.of_labels(labels):
            shape = known.get(seen.number)
            if shape is None:
                yield seen.number, seen.top, seen.left, seen.mask
                continue
            there = labels[shape.box]
            under = shape.mask & (there > 0) & (there != seen.number)
            yield _joined(seen, Layer(seen.number, shape.top, shape.left, under))

    return Layers.of(labels.shape, whole())


def _split(labels: NDArray[np.int32], number: int, shapes: list[Shape], depth: NDArray[np.floating], free: int) -> int:
    """Split a region among shapes, in place; return the highest number that is used then."""
    (box,) = (found for found in ndimage.find_objects((labels == number).astype(np.int8)) if found is not None)
    mask = labels[box] == number
    rows, columns = (np.arange(part.start, part.stop) + 0.5 for part in box)
    nearness = np.stack([shape.nearness(rows[:, None], columns[None, :]) for shape in shapes])
    nearest = np.where(mask & (depth[box] > 0), nearness.argmin(axis=0) + 1, 0)
    # Only what lies well within one of them marks it; the flood finds the way between.
    marks = np.where(nearness.min(axis=0) < WHOLE_RULES.mark, nearest, 0)
    if len(np.unique(marks[marks > 0])) < len(shapes):
        return free
    parts = flood(-depth[box], marks, mask=mask)
    labels[box][mask & (parts > 1)] = (parts + free - 1)[mask & (parts > 1)]
    return free + len(shapes) - 1


def _beneath(stars: NDArray[np.floating], labels: NDArray[np.int32], number: int, box: tuple[slice, slice]) -> Layer:
    """Return where a particle goes on under others; the mask may be empty."""
    nothing = Layer(number, box[0].start, box[1].start, np.zeros((1, 1), bool))
    blocks = tuple(slice((part.start + 1) // STRIDE, part.stop // STRIDE + 1) for part in box)
    middles = labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE][blocks] == number
    down, across = np.nonzero(middles)
    if not len(down):
        return nothing
    down, across = down + blocks[0].start, across + blocks[1].start
    sure = stars[0, down, across]
    order = np.argsort(-sure, kind="stable")[: WHOLE_RULES.voters]
    order = order[sure[order] >= WHOLE_RULES.least_voter * sure[order[0]]]
    places = np.stack([down, across], axis=1)[order] * STRIDE + STRIDE / 2
    piece = star_masks(places, stars[1:, down[order], across[order]].T)
    votes = np.tensordot(sure[order], piece.masks, axes=1) >= sure[order].sum() / 2
    full = Layers.of(labels.shape, [(number, piece.top, piece.left, votes)])
    if not len(full):
        return nothing
    (layer,) = full
    there = labels[layer.box]
    under = layer.mask & (there > 0) & (there != number)
    return Layer(number, layer.top, layer.left, _without_slivers(under))


def _without_slivers(mask: Mask) -> Mask:
    """Return a mask without what is thinner than an outline is uncertain."""
    if not mask.any():
        return mask
    reach = int(np.ceil(WHOLE_RULES.sliver_px))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    brush = np.hypot(rows, columns) <= WHOLE_RULES.sliver_px
    return np.asarray(ndimage.binary_opening(np.pad(mask, reach), brush)[reach:-reach, reach:-reach])


def _below_only(hidden: list[Layer], labels: NDArray[np.int32]) -> list[Layer]:
    """Return hidden parts so that of two particles only the one that reaches further under the other does so."""
    shared: dict[int, dict[int, int]] = {}
    for layer in hidden:
        numbers, counts = np.unique(labels[layer.box][layer.mask], return_counts=True)
        shared[layer.number] = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    kept = []
    for layer in hidden:
        one = layer.number
        upper = [other for other, count in shared[one].items() if count >= shared[other].get(one, 0)]
        kept.append(Layer(layer.number, layer.top, layer.left, layer.mask & np.isin(labels[layer.box], upper)))
    return kept


def _joined(seen: Layer, hidden: Layer) -> tuple[int, int, int, Mask]:
    """Return what is seen and what is hidden as one mask; hidden parts that do not adjoin what is seen are left out."""
    top, left = min(seen.top, hidden.top), min(seen.left, hidden.left)
    bottom = max(layer.top + layer.mask.shape[0] for layer in (seen, hidden))
    right = max(layer.left + layer.mask.shape[1] for layer in (seen, hidden))
    full, shown = np.zeros((bottom - top, right - left), bool), np.zeros((bottom - top, right - left), bool)
    for layer in (seen, hidden):
        place = slice(layer.top - top, None), slice(layer.left - left, None)
        full[place][: layer.mask.shape[0], : layer.mask.shape[1]] |= layer.mask
    shown[seen.top - top :, seen.left - left :][: seen.mask.shape[0], : seen.mask.shape[1]] = seen.mask
    parts, _ = ndimage.label(full, np.ones((3, 3)))
    return seen.number, top, left, full & np.isin(parts, np.unique(parts[shown]))
