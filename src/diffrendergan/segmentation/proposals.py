"""Which particles stars propose: those that are surest of them, and that no surer one says already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.labels.layers import Layer, shared_px
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.stars import STRIDE, directions, star_masks

Values = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Shape:
    """A particle that is proposed."""

    regions: tuple[int, ...]
    """The regions in which it is seen: first that of its star."""
    layer: Layer
    """Its whole shape, also beyond the borders of the image."""
    middle: tuple[float, float]
    """Row and column of the middle of that [px]."""
    radius: float
    """Of the disc of the same area [px]."""

    def nearness(self, rows: Values, columns: Values) -> Values:
        """Return how far places are from its middle, in radii."""
        return np.hypot(rows - self.middle[0], columns - self.middle[1]) / self.radius


def proposed(stars: Values, regions: NDArray[np.int32]) -> list[Shape]:
    """Return the particles that stars propose in regions, at least one in each of which a block's middle is seen.

    Non-maximum suppression: from the surest star down, one whose shape overlaps with that of an earlier one is left
    out. The surest star of each region is left out only if it says the same as one of another region; then both
    regions are seen of one particle.

    Parameters
    ----------
    stars : ndarray, shape (1 + RAYS, h, w)
        Object probability and distances [px].
    regions : int32 (H, W)
        Visible parts, 0 background.
    """
    sure = stars[0]
    middles = regions[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    height, width = middles.shape
    inside = middles > 0
    seen = np.where(inside, sure[:height, :width], 0)
    best = _best_of_each(middles, seen)
    highest = np.zeros(int(middles.max(initial=0)) + 1)
    highest[middles[best]] = seen[best]
    peaks = inside & (seen == ndimage.maximum_filter(seen, 3)) & (seen >= WHOLE_RULES.second * highest[middles])
    peaks[best] = True
    down, across = np.nonzero(peaks)
    order = np.argsort(-seen[down, across], kind="stable")
    first = set(zip(*(axis.tolist() for axis in best), strict=True))
    kept: list[Shape] = []
    for row, column in zip(down[order].tolist(), across[order].tolist(), strict=True):
        shape = _shape(stars, int(middles[row, column]), row, column)
        _add(kept, shape, is_best=(row, column) in first)
    return kept


def _add(kept: list[Shape], shape: Shape, is_best: bool) -> None:
    """Keep a shape, or give its region to one that is kept, or leave it out."""
    (region,) = shape.regions
    overlaps = [(_iou(shape.layer, other.layer), place) for place, other in enumerate(kept)]
    highest, place = max(overlaps, default=(0.0, -1))
    if is_best and highest > WHOLE_RULES.joined and region not in kept[place].regions:
        kept[place] = replace(kept[place], regions=(*kept[place].regions, region))
    elif is_best or highest <= WHOLE_RULES.same:
        kept.append(shape)


def _best_of_each(middles: NDArray[np.int32], seen: Values) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the surest block of each region."""
    down, across = np.nonzero(middles)
    order = np.lexsort((-seen[down, across], middles[down, across]))
    _, first = np.unique(middles[down, across][order], return_index=True)
    return down[order][first], across[order][first]


def _shape(stars: Values, region: int, row: int, column: int) -> Shape:
    lengths = stars[1:, row, column]
    place = np.array([[row, column]]) * STRIDE + STRIDE / 2
    top, left, (mask,) = star_masks(place, lengths[None])
    layer = Layer(region, top, left, mask)
    area = max(layer.area, 1)
    corners = place[0] + lengths[:, None] * directions()
    # Of the polygon's sectors: the middle of a triangle is two thirds on from the point.
    weights = np.maximum(lengths, 1e-6) ** 2
    middle = place[0] + 2 / 3 * ((corners - place[0]) * weights[:, None]).sum(axis=0) / weights.sum()
    return Shape((region,), layer, (float(middle[0]), float(middle[1])), float(np.sqrt(area / np.pi)))


def _iou(one: Layer, other: Layer) -> float:
    shared = shared_px(one, other)
    return shared / (one.area + other.area - shared) if shared else 0.0
