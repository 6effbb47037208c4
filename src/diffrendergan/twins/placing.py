"""Bodies laid into a twin as the particles of a scan lie: so many, of these sizes, as close together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.detection.particle_table import touching
from diffrendergan.labels.regions import remove_small
from diffrendergan.rendering.heightfield.bed import Habit, drop
from diffrendergan.rendering.heightfield.scene import Atlas, Placement, body_samples, draw, shown
from diffrendergan.twins.rules import RULES

Labels = NDArray[np.int32]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Law:
    """What particles of a twin are drawn from.

    Attributes
    ----------
    log_size : float64 (k,)
        Logarithms of diameters of whole silhouettes [px] ...
    chance : float64 (k,)
        ... and how often each is drawn; they sum to 1.
    per_px : float
        Bodies per pixel.
    """

    log_size: Values
    chance: Values
    per_px: float

    def drawn(self, count: int, rng: np.random.Generator) -> Values:
        """Return diameters [px], shape (count,), a little apart from those given."""
        chosen = rng.choice(len(self.log_size), count, p=self.chance)
        return np.asarray(np.exp(self.log_size[chosen] + rng.normal(0, RULES.blur_sizes, count)))


@dataclass(frozen=True)
class Packing:
    """How particles lie together in a label image.

    Attributes
    ----------
    touching : float
        Share of the particles that touch another.
    contacts : float
        Particles that one touches, on average.
    group : float
        Mean logarithm of the number of particles in the group of one.
    shared : float
        Share of the outlines that runs along another particle: the larger, the more they lie over each other.
    coverage : float
        Share of the area.
    """

    touching: float
    contacts: float
    group: float
    shared: float
    coverage: float

    def distance(self, other: Packing) -> float:
        """Return how differently particles lie."""
        covered = np.log(max(self.coverage, 1e-3)) - np.log(max(other.coverage, 1e-3))
        return float(
            np.hypot(self.touching - other.touching, 0.3 * (self.contacts - other.contacts))
            + 0.2 * abs(self.group - other.group)
            + 2 * abs(self.shared - other.shared)
            + abs(covered)
        )


def packing_of(images: Sequence[Labels]) -> Packing:
    """Return how particles lie together in label images (H, W), 0 being ground."""
    contacts, groups, outlines, covered = [], [], [], []
    for labels in images:
        present = np.unique(labels[labels > 0])
        covered.append(float((labels > 0).mean()))
        pairs = np.searchsorted(present, touching(labels))
        contacts.append(np.bincount(pairs.ravel(), minlength=len(present)))
        groups.append(_group_sizes(pairs, len(present)))
        outlines.append(_outlines(labels))
    number = np.concatenate(contacts) if contacts else np.zeros(0)
    if not len(number):
        return Packing(0.0, 0.0, 0.0, 0.0, float(np.mean(covered)) if covered else 0.0)
    seams, all_of = np.sum(outlines, axis=0)
    return Packing(
        float((number > 0).mean()),
        float(number.mean()),
        float(np.log(np.concatenate(groups)).mean()),
        float(seams / max(all_of, 1)),
        float(np.mean(covered)),
    )


def _outlines(labels: Labels) -> tuple[int, int]:
    """Return along how many edges of pixels two particles adjoin, and along how many one adjoins anything."""
    seams = all_of = 0
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differ = one != other
        seams += int((differ & (one > 0) & (other > 0)).sum())
        all_of += int(differ.sum())
    return seams, all_of


def _group_sizes(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return for each particle how many are in the group that it belongs to by contacts."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    group = connected_components(links, directed=False)[1]
    return np.asarray(np.bincount(group)[group], np.int64)


class Way(NamedTuple):
    """A way to lie together."""

    habit: Habit
    gap: float = 0.0
    """Bodies keep away from each other by this share of their size."""


WAYS = (
    Way(Habit(), 0.5),
    Way(Habit(), 0.2),
    Way(Habit()),
    *(Way(Habit(cling=cling, overlap=0.02)) for cling in (0.3, 0.6, 0.85, 0.97)),
    *(Way(Habit(cling=cling, overlap=0.15)) for cling in (0.3, 0.6, 0.85, 0.97)),
    *(Way(Habit(cling=cling, overlap=0.4)) for cling in (0.0, 0.85, 0.97)),
    *(Way(Habit(cling=cling, pile=True)) for cling in (0.0, 0.85)),
)
"""Those that are tried."""


class Laid(NamedTuple):
    """Bodies in an image."""

    labels: Labels
    """(H, W): 0 ground, 1..k particles."""
    tops: Values
    """Height of the highest point of each over the ground [px], shape (k + 1,)."""


def laid(atlas: Atlas, law: Law, way: Way, shape: tuple[int, int], rng: np.random.Generator) -> Laid:
    """Lay bodies, those of the atlas that are nearest in size to what is drawn.

    Around the image bodies are laid as well, so that its border cuts them as that of a scan.
    """
    largest = float(np.exp(law.log_size.max()))
    margin = int(min(np.ceil(largest), RULES.most_margin_px))
    wide = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    count = int(rng.poisson(law.per_px * wide[0] * wide[1]))
    if count == 0:
        return Laid(np.zeros(shape, np.int32), np.zeros(1))
    sizes = law.drawn(count, rng)
    own = 2 * np.sqrt(atlas.numbers[:, 3] / np.pi)
    order = np.argsort(own, kind="stable")
    near = np.searchsorted(own[order], sizes) + rng.integers(-RULES.neighbours, RULES.neighbours + 1, count)
    body = order[np.clip(near, 0, len(order) - 1)]
    zeros = np.zeros(count, np.float32)
    turn = rng.uniform(0, 2 * np.pi, count).astype(np.float32)
    scale = (sizes / own[body]).astype(np.float32)
    bodies = Placement(body.astype(np.int64), zeros, zeros, zeros, scale, turn, rng.random(count) < 0.5)
    apart = replace(bodies, scale=bodies.scale * np.float32(1 + way.gap))
    placed, chosen = drop(atlas, apart, wide, way.habit, rng)
    placed = replace(placed, scale=bodies.scale[chosen], height=placed.height / np.float32(1 + way.gap))
    moved = _seen(atlas, replace(placed, column=placed.column - margin, row=placed.row - margin), shape)
    drawn = draw(atlas, moved, shape).labels
    labels = remove_small(drawn, RULES.least_visible_px)
    first = np.unique(labels, return_index=True)
    tops = np.zeros(int(labels.max(initial=0)) + 1)
    heights = np.append(0, moved.height + atlas.numbers[moved.body, 2] * moved.scale)
    tops[first[0]] = heights[drawn.ravel()[first[1]]]
    tops[0] = 0
    return Laid(labels, tops)


def _seen(atlas: Atlas, placed: Placement, shape: tuple[int, int]) -> Placement:
    """Leave out bodies of which others leave hardly anything to be seen: nobody would call it a particle."""
    samples = body_samples(atlas, placed, shape)
    whole = np.bincount(samples.owner[samples.distance > 0], minlength=len(placed))
    visible = np.bincount(shown(samples, shape).labels.ravel(), minlength=len(placed) + 1)[1:]
    kept = (visible >= RULES.least_seen_share * whole) & (whole > 0)
    return Placement(*(getattr(placed, field.name)[kept] for field in fields(placed)))


def nearest_way(atlas: Atlas, law: Law, wanted: Packing, shape: tuple[int, int], rng: np.random.Generator) -> Way:
    """Return the way to lie together that comes nearest to how the particles of scans do."""
    tried = [[laid(atlas, law, way, shape, rng).labels] for way in WAYS]
    order = np.argsort([packing_of(images).distance(wanted) for images in tried], kind="stable")
    best = [int(place) for place in order[: RULES.finalists]]
    for place in best:
        tried[place] += [laid(atlas, law, WAYS[place], shape, rng).labels for _ in range(RULES.trials - 1)]
    return WAYS[min(best, key=lambda place: packing_of(tried[place]).distance(wanted))]
