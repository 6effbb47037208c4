"""The look of a scan as its own grey values tell it: how bright things are, by their distance from outlines.

No renderer is asked: grey values are explained by how far a pixel lies within its particle, beside it, from a
neighbour, and on which side; each particle has a level of its own, and the rest is a texture. Outlines that a network
drew too wide or too narrow are moved to where grey values change first, so that the twin's truth is what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.twins.places import Places, fronts_of, places_of
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.texture import Texture, texture_of

Field = NDArray[np.float32]
Labels = NDArray[np.int32]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Look:
    """The look of a scan.

    Attributes
    ----------
    outside, within : float64
        What hats over distances (`RULES.outside_px`) and over distances and depths (`_within`) are multiplied with.
    size_px : float64 (k,)
        Diameter of each particle.
    own : float64 (k, 4)
        What is its own beside what all have: brightness; by how much it rises over a radius to the right, and down; by
        how much from the outline to the middle.
    ground, matter : Texture
        What is left on the ground, and in particles.
    moved_px : float
        How far outlines lay outside of where grey values change [px].
    explained : float
        Share of the variance that is explained without textures.
    """

    outside: Values
    within: Values
    size_px: Values
    own: Values
    ground: Texture
    matter: Texture
    moved_px: float
    explained: float


def _hats(values: Field, nodes: tuple[float, ...]) -> Values:
    """Return piecewise linear functions, 1 at one node and 0 at the others, shape (n, k)."""
    return np.column_stack([np.interp(values, nodes, row) for row in np.eye(len(nodes))])


def _outside(places: Places, at: NDArray[np.bool_]) -> Values:
    beside = _hats(-places.ground[at], RULES.outside_px)
    return np.column_stack([beside, places.right[at], places.down[at]])


def _within(places: Places, at: NDArray[np.bool_], size_px: Values, front: NDArray[np.bool_]) -> Values:
    edge = _hats(places.ground[at], RULES.within_px)
    middle = _hats(places.depth[at], RULES.depths)[:, 1:]
    # Seams end where a neighbour is far.
    seam = _hats(places.other[at], RULES.seam_px)[:, :-1]
    before = front[at][:, None]
    side = _hats(places.depth[at], (0.0, 1.0))
    return np.column_stack(
        [
            edge,
            middle,
            seam * before,
            seam * ~before,
            *(side * part[at][:, None] for part in (places.right, places.down)),
            np.log(size_px),
        ]
    )


def _solved(place: Values, values: Values) -> Values:
    """Return least squares, with a small weight on coefficients, so that what nothing tells is 0."""
    ridge = RULES.ridge * len(values) * np.eye(place.shape[1])
    centre = float(values.mean())
    found = np.linalg.solve(place.T @ place + ridge, place.T @ (values - centre))
    return np.append(found, centre)


def look_of(pixels: Field, labels: Labels, field: NDArray[np.bool_] | None = None) -> Look:
    """Return the look of a scan in which particles were found.

    Parameters
    ----------
    pixels : float32 (H, W)
    labels : int32 (H, W)
        0 background, 1..k particles.
    field : bool (H, W), optional
        What of it was recorded.
    """
    known = np.ones(labels.shape, bool) if field is None else field
    moved = _moved(pixels, places_of(labels), known)
    places = places_of(labels, moved)
    # What an outline that is too wide encloses looks like ground.
    inside = places.ground > 0
    areas = np.bincount(labels.ravel(), minlength=int(labels.max(initial=0)) + 1)
    size = 2 * np.sqrt(np.maximum(areas, 1) / np.pi)
    on, off = inside & (labels > 0) & known, ~inside & known
    left = np.zeros(labels.shape, np.float32)
    outside = _solved(_outside(places, off), pixels[off].astype(np.float64))
    left[off] = pixels[off] - _outside(places, off) @ outside[:-1] - outside[-1]
    features = _within(places, on, size[labels[on]], fronts_of(pixels, labels, places))
    within = _solved(features, pixels[on].astype(np.float64))
    rest = pixels[on] - features @ within[:-1] - within[-1]
    owner = labels[on]
    shape = _own_shape(places, labels, on, size)
    own = _fitted(shape, rest, owner, len(areas))
    left[on] = rest - (shape * own[owner]).sum(1)
    seen = np.bincount(owner, minlength=len(areas)) > 0
    # Beside outlines, what is left is what the look does not explain of them, and no texture.
    clear = RULES.clear_px
    bare, full = off & (places.ground < -clear), on & (np.minimum(places.ground, places.other) > clear)
    spread = float(pixels[known].var())
    # Faces and edges of particles are no noise, and as noise they would take particles apart.
    grain = (left - _smoothed(left, on)).astype(np.float32)
    return Look(
        outside=outside,
        within=within,
        size_px=size[seen],
        own=own[seen],
        ground=texture_of(left, bare if bare.sum() > RULES.least_pairs else off),
        matter=texture_of(grain, full if full.sum() > RULES.least_pairs else on, 3 * RULES.grain_px),
        moved_px=moved,
        explained=1 - float(left[known].var()) / max(spread, 1e-12),
    )


def _moved(pixels: Field, places: Places, known: NDArray[np.bool_]) -> float:
    """Return how far outlines lie outside of where grey values are half-way between ground and rim [px]."""
    near = known & (np.abs(places.ground) <= RULES.search_px + 1) & (places.other > RULES.search_px)
    steps = np.arange(-RULES.search_px, RULES.search_px + 0.5)
    if near.sum() < RULES.least_pairs:
        return 0.0
    weights = _hats(places.ground[near], tuple(steps))
    total = weights.sum(0)
    if (total < RULES.least_at_edge).any():
        return 0.0
    profile = (weights.T @ pixels[near]) / total
    ground = float(profile[0])
    # The rim: the brightest, or darkest, within a few pixels of the outline.
    inner = profile[len(steps) // 2 :]
    rim = float(inner[np.argmax(np.abs(inner - ground))])
    part = (profile - ground) / (rim - ground) if rim != ground else np.zeros(len(profile))
    crossed = np.flatnonzero((part[:-1] < 0.5) & (part[1:] >= 0.5))
    if not len(crossed):
        return 0.0
    first = min(crossed, key=lambda place: abs(steps[place]))
    place = steps[first] + (0.5 - part[first]) / (part[first + 1] - part[first])
    return float(np.clip(place, -RULES.most_moved_px, RULES.most_moved_px))


def painted(look: Look, labels: Labels, tops: Values, rng: np.random.Generator) -> Field:
    """Return an image (H, W) in which particles have the look of a scan.

    Parameters
    ----------
    look : Look
    labels : int32 (H, W)
        0 ground, 1..k particles.
    tops : float64 (k + 1,)
        Of two that touch, the one whose number here is higher lies in front.
    rng : numpy.random.Generator
    """
    places = places_of(labels)
    front = tops[labels] > tops[places.neighbour]
    areas = np.bincount(labels.ravel(), minlength=int(labels.max(initial=0)) + 1)
    size = 2 * np.sqrt(np.maximum(areas, 1) / np.pi)
    on, off = places.inside, ~places.inside
    image = np.empty(labels.shape, np.float32)
    image[off] = _outside(places, off) @ look.outside[:-1] + look.outside[-1]
    owner = labels[on]
    features = _within(places, on, size[owner], front)
    own = (_own_shape(places, labels, on, size) * _drawn(look, size, rng)[owner]).sum(1)
    image[on] = features @ look.within[:-1] + look.within[-1] + own
    shape = (labels.shape[0], labels.shape[1])
    return (image + np.where(on, look.matter.drawn(shape, rng), look.ground.drawn(shape, rng))).astype(np.float32)


def _smoothed(values: Field, mask: NDArray[np.bool_]) -> Values:
    """Return values (H, W) averaged by a Gaussian of `RULES.grain_px` over what of a mask is near."""
    weight = ndimage.gaussian_filter(mask.astype(np.float64), RULES.grain_px)
    summed = ndimage.gaussian_filter(np.where(mask, values, 0).astype(np.float64), RULES.grain_px)
    return np.asarray(summed / np.maximum(weight, 1e-3))


def _own_shape(places: Places, labels: Labels, on: NDArray[np.bool_], size_px: Values) -> Values:
    """Return what the brightness that is a particle's own is made of, at the pixels of particles, shape (n, 4)."""
    owner = labels[on]
    rows, columns = np.nonzero(on)
    number = np.maximum(np.bincount(owner, minlength=len(size_px)), 1)
    down, right = (
        (place - (np.bincount(owner, place, len(size_px)) / number)[owner]) / (size_px[owner] / 2)
        for place in (rows, columns)
    )
    return np.column_stack([np.ones(len(owner)), right, down, places.depth[on] - 0.5])


def _fitted(shape: Values, rest: Values, owner: NDArray[np.int32], count: int) -> Values:
    """Return least squares for each particle apart, shape (count, 4); of small ones hardly more than the level."""
    pairs = [np.bincount(owner, shape[:, i] * shape[:, j], count) for i in range(4) for j in range(4)]
    prior = RULES.own_prior_px * np.diag([1e-3, 1.0, 1.0, 1.0])
    products = np.asarray(np.stack(pairs, axis=1), np.float64).reshape(count, 4, 4) + prior
    given = np.stack([np.bincount(owner, shape[:, i] * rest, count) for i in range(4)], axis=1)
    return np.asarray(np.linalg.solve(products, given[..., None])[..., 0])


def _drawn(look: Look, size_px: Values, rng: np.random.Generator) -> Values:
    """Draw what is its own for each particle, shape (k, 4): that of one of those that are nearest in size."""
    if not len(look.own):
        return np.zeros((len(size_px), 4))
    order = np.argsort(look.size_px, kind="stable")
    near = rng.integers(-RULES.neighbours, RULES.neighbours + 1, len(size_px))
    place = np.searchsorted(look.size_px[order], size_px) + near
    return np.asarray(look.own[order[np.clip(place, 0, len(order) - 1)]], np.float64)
