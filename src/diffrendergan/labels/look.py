"""One look at a label image: what tells what its numbers mean, and whether they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

from diffrendergan.labels.regions import CRUMB_PX, LEAST_GAP_PX, crumbs

MOST_COUNTED = 2**24
"""Numbers up to this one are counted in a table; larger ones are sorted."""
MOST_REGIONS_PER_NUMBER = 3
"""In a label image, a particle may be cut by another that lies on it; on average it is not cut into more parts."""
OCCLUDED_SHARE = 0.75
"""Where one other particle fills so much of the line between two parts, it lies on both."""
SEAM_PX = 2
"""Lines between regions, as watersheds leave, are at most twice as wide [px]."""
MOST_PARTS = 64
"""Of a number in more parts the first ones are looked at."""
MOST_CLASSES = 6
"""Numbers that lie in many regions are classes of particles if there are at most so many."""
FEW = 3
"""Numbers of class maps, with the ground's."""
FAR_ABOVE = 2
"""A number that is at least so many times the next smaller one does not go on counting."""
SQUARE = np.ones((3, 3), bool)
LEAST_RIMMED_PX = 32
"""Images with a shorter edge [px] are not looked at for an empty rim."""
LARGEST = frozenset((2**8 - 1, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1))
"""The largest numbers of types that label images are stored in, before or after they were converted."""

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Look:
    """What one label image shows."""

    numbers: tuple[int, ...]
    """Different numbers beside 0, sorted."""
    zeros: bool
    """Whether any pixel is 0."""
    regions: int
    """8-connected regions of equal numbers beside 0."""
    filled: int
    """Pixels that are not 0."""
    white: int | None = None
    """The largest number, where it is the largest of a type."""
    frames: tuple[int, ...] = ()
    """Numbers, 0 included, of regions that reach all four borders; that of the largest region first."""
    frame_share: float = 0.0
    """Fraction of the image that the first of these regions covers."""
    seams: bool = False
    """Pixels of 0 are thin lines only."""
    scattered: tuple[int, ...] = ()
    """Numbers of which parts lie far apart."""
    outline: int | None = None
    """The number that may but outline the others: the largest of a type, or one far above them in thin lines."""
    outline_share: float = 0.0
    """Fraction of the pixels around all other numbers that hold it."""
    crumbs: int = 0
    """Pixels of parts so small and so far from the rest of their number that they are slips."""
    rings: int = 0
    """Regions around more ground than they hold pixels, as outlines that are not filled."""
    blobs: int = 0
    """All regions, however numbered, with what they enclose."""
    rims: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """Of few numbers, by pair: which fraction of the pixels around the first holds the second."""

    @property
    def is_picture(self) -> bool:
        """Whether the numbers form far more regions than there are numbers."""
        return self.regions > MOST_REGIONS_PER_NUMBER * len(self.numbers)


def look_at(numbers: NDArray[np.integer]) -> Look:
    """Look at a label image.

    Parameters
    ----------
    numbers : ndarray of int, shape (H, W)
        As stored, at least 0.
    """
    found, index = _compact(numbers)
    regions, count = label(index, connectivity=2, background=-1, return_num=True)
    owner = np.zeros(count + 1, np.int64)
    owner[regions.ravel()] = index.ravel()
    areas = np.bincount(regions.ravel(), minlength=count + 1)
    zeros = bool(found.size and found[0] == 0)
    of_particles = int((found[owner[1:]] != 0).sum())
    beside = tuple(int(number) for number in found if number != 0)
    frames = _frames(regions, areas, _empty_rim(numbers))
    white = beside[-1] if beside and beside[-1] in LARGEST else None
    several = len(beside) >= 2
    outline = (white or _drawn_outline(numbers, beside)) if several else None
    rings, blobs = _rings(numbers > 0)
    is_picture = of_particles > MOST_REGIONS_PER_NUMBER * len(beside)
    return Look(
        numbers=beside,
        zeros=zeros,
        regions=of_particles,
        filled=int((numbers != 0).sum()),
        white=white,
        frames=tuple(dict.fromkeys(int(found[owner[region]]) for region in frames)),
        frame_share=float(areas[frames[0]] / numbers.size) if frames else 0.0,
        seams=zeros and bool(frames) and found[owner[frames[0]]] != 0 and _are_seams(numbers == 0),
        # Of a picture the parts say nothing, and they are without number.
        scattered=() if is_picture and len(beside) > MOST_CLASSES else _scattered(index, found, regions, owner, areas),
        outline=outline,
        crumbs=0 if is_picture else int(crumbs(numbers).sum()),
        rings=rings,
        blobs=blobs,
        outline_share=_share_around(numbers, (numbers > 0) & (numbers < outline), outline) if outline else 0.0,
        rims=_rims(numbers, beside) if several and len(beside) <= FEW else {},
    )


def _compact(numbers: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.int32]]:
    """Return the different numbers, sorted, and the place of each pixel's among them."""
    if numbers.max() > MOST_COUNTED:
        found, index = np.unique(numbers, return_inverse=True)
        return found, index.reshape(numbers.shape).astype(np.int32)
    counts = np.bincount(numbers.ravel())
    found = np.flatnonzero(counts)
    places = np.zeros(len(counts), np.int32)
    places[found] = np.arange(len(found))
    return found, places[numbers]


def _empty_rim(numbers: NDArray[np.integer]) -> int:
    """Return the width of a rim of 0 all around [px], as watersheds and erosions leave; at most that of seams.

    In images of a few pixels it is as likely the ground itself, and counts as none.
    """
    width = 0
    while width < SEAM_PX and min(numbers.shape) >= LEAST_RIMMED_PX:
        inner = numbers[width : numbers.shape[0] - width, width : numbers.shape[1] - width]
        if inner[0].any() or inner[-1].any() or inner[:, 0].any() or inner[:, -1].any():
            break
        width += 1
    return width


def _frames(regions: NDArray[np.integer], areas: NDArray[np.integer], rim: int = 0) -> list[int]:
    """Return the regions that reach all four borders within an empty rim, the largest first."""
    inner = regions[rim : regions.shape[0] - rim, rim : regions.shape[1] - rim]
    borders = (inner[0], inner[-1], inner[:, 0], inner[:, -1])
    common = set(borders[0].tolist()).intersection(*(border.tolist() for border in borders[1:]))
    return sorted(common, key=lambda region: -int(areas[region]))


def _are_seams(zero: NDArray[np.bool_]) -> bool:
    return not ndimage.binary_erosion(zero, SQUARE, iterations=SEAM_PX, border_value=1).any()


def _drawn_outline(numbers: NDArray[np.integer], beside: Sequence[int]) -> int | None:
    """Return the largest of the numbers if it lies far above the others, in thin lines alone."""
    top, second = beside[-1], beside[-2]
    far = len(beside) > 2 and top >= FAR_ABOVE * second
    return top if far and _are_seams(numbers == top) else None


def _rims(numbers: NDArray[np.integer], few: Sequence[int]) -> dict[tuple[int, int], float]:
    return {
        (inner, outer): _share_around(numbers, numbers == inner, outer)
        for inner in few
        for outer in few
        if inner != outer
    }


def _share_around(numbers: NDArray[np.integer], inside: NDArray[np.bool_], wanted: int) -> float:
    """Return which fraction of the pixels around a mask hold a number."""
    rim = ndimage.binary_dilation(inside) & ~inside
    return float((numbers[rim] == wanted).mean()) if rim.any() else 0.0


def _scattered(
    index: NDArray[np.int32],
    found: NDArray[np.integer],
    regions: NDArray[np.integer],
    owner: NDArray[np.int64],
    areas: NDArray[np.integer],
) -> tuple[int, ...]:
    """Return the numbers that lie in parts far apart, with no single particle between them."""
    large = np.flatnonzero(areas > CRUMB_PX)
    large = large[large > 0]
    parts = np.bincount(owner[large], minlength=len(found))
    several = [place for place in np.flatnonzero(parts > 1) if found[place] != 0]
    if not several:
        return ()
    boxes = ndimage.find_objects(regions)
    by_number: dict[int, list[int]] = {int(place): [] for place in several}
    for region in large:
        if int(owner[region]) in by_number:
            by_number[int(owner[region])].append(int(region))
    return tuple(
        int(found[place])
        for place, mine in by_number.items()
        if _far_apart(index, place, [boxes[region - 1] for region in mine[:MOST_PARTS]], areas[mine[:MOST_PARTS]])
    )


def _far_apart(index: NDArray[np.int32], place: int, boxes: Sequence[Box], areas: NDArray[np.integer]) -> bool:
    """Tell whether a part is further from its nearest other part than the largest of them is wide."""
    width = max(LEAST_GAP_PX, float(2 * np.sqrt(areas.max() / np.pi)))
    low = np.array([(box[0].start, box[1].start) for box in boxes])
    high = np.array([(box[0].stop, box[1].stop) for box in boxes])
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2).astype(float)
    np.fill_diagonal(gaps, np.inf)
    middles = (low + high) / 2
    for part, nearest in enumerate(gaps.argmin(axis=1)):
        if gaps[part, nearest] > width and not _is_covered(index, place, middles[part], middles[nearest]):
            return True
    return False


def _is_covered(index: NDArray[np.int32], place: int, start: NDArray[np.float64], end: NDArray[np.float64]) -> bool:
    """Tell whether one other particle fills most of the line between two parts: it lies on both."""
    steps = np.linspace(0, 1, 2 + int(np.abs(end - start).max()))[:, None]
    rows, columns = np.minimum(start + steps * (end - start), np.array(index.shape) - 1).astype(int).T
    between = index[rows, columns]
    between = between[between != place]
    if not between.size:
        return True
    counts = np.bincount(between)
    commonest = int(counts.argmax())
    return commonest != 0 and counts[commonest] >= OCCLUDED_SHARE * len(between)


def _rings(painted: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many regions, with all that they enclose, are ground for the larger part; and how many there are."""
    ground = label(~painted, connectivity=1)
    rim = np.concatenate([ground[0], ground[-1], ground[:, 0], ground[:, -1]])
    regions, count = label(painted | ~np.isin(ground, rim[rim > 0]), connectivity=2, return_num=True)
    if not count:
        return 0, 0
    whole = np.bincount(regions.ravel(), minlength=count + 1)[1:]
    own = np.bincount(regions.ravel(), weights=painted.ravel(), minlength=count + 1)[1:]
    return int((2 * own < whole).sum()), count
