"""Twins are made, looked at by the network, and made anew as what they teach says, until they are like the scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs import seeds
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import Reporter
from diffrendergan.sizes.distribution import effective_number
from diffrendergan.twins.linking import Linked, joined, link
from diffrendergan.twins.look import painted
from diffrendergan.twins.placing import Law, Packing, Way, laid, nearest_way, packing_of
from diffrendergan.twins.response import learn
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.sample import Sample
from diffrendergan.twins.unfolding import found_density, smoothing, unfolded

Field = NDArray[np.float32]
Labels = NDArray[np.int32]
Segment = Callable[[int, Field], Labels]
"""Finds the particles of an image as those of a scan, by its number, were found."""


@dataclass(frozen=True, eq=False)
class Twin:
    """One image of known truth, and what was found in it.

    Attributes
    ----------
    image : float32 (H, W)
    true, found : int32 (H, W)
        0 ground, particles above.
    linked : Linked
    round : int
        Counted from 0; those of the last one are made by what the others taught.
    """

    image: Field
    true: Labels
    found: Labels
    linked: Linked
    round: int


def make_twins(
    sample: Sample, segment: Segment, seed: int, reporter: Reporter, numbers: Sequence[int] = RULES.twins
) -> tuple[Twin, ...]:
    """Make twins of a sample of scans in rounds, and look at them as the scans were looked at.

    In the first round they have the sizes and the number that were found. What is found in them tells how to correct
    both, and those of the next round have the corrected ones.

    Parameters
    ----------
    sample : Sample
    segment : callable
        For a cluster it can be pickled.
    seed : int
        The twins depend on the sample, what was found, and this number alone.
    reporter : Reporter
        Shows progress.
    numbers : sequence of int
        Twins of each round.
    """
    law, wanted = sample.law, sample.packing
    found: list[Twin] = []
    for turn, count in enumerate(numbers):
        if found:
            law, wanted = _corrected(sample, law, found)
        way = nearest_way(sample.atlas, law, wanted, sample.shape, seeds.generator(seed, "twins", "way", turn))
        make = partial(_made, sample, law, way, segment, seed, turn)
        found += map_indices(make, range(count), reporter, f"Looking at twins, round {turn + 1} of {len(numbers)}")
    return tuple(found)


def _made(sample: Sample, law: Law, way: Way, segment: Segment, seed: int, turn: int, number: int) -> Twin:
    scan = number % len(sample.scans)
    placed = laid(sample.atlas, law, way, sample.shape, seeds.generator(seed, "twins", "places", turn, number))
    image = painted(sample.looks[scan], *placed, seeds.generator(seed, "twins", "greys", turn, number))
    # A microscope gives no grey values beyond its range.
    image = np.clip(image, 0, 1)
    found = segment(scan, image)
    return Twin(image, placed.labels, found, link(placed.labels, found), turn)


def _corrected(sample: Sample, law: Law, found: Sequence[Twin]) -> tuple[Law, Packing]:
    """Return what the next twins are drawn from: what the scans truly show, by all twins so far."""
    made = [twin for twin in found if twin.round == found[-1].round]
    last = joined([twin.linked for twin in made])
    edges = sample.edges
    truth = joined([twin.linked for twin in found])
    usual = found_density(truth.true, truth.pixels, edges)
    density = found_density(sample.found, sample.pixels, edges)
    width = smoothing(density, edges, effective_number(sample.found.weight))
    true = unfolded(density, learn(truth), edges, usual, width)
    middles = (edges[:-1] + edges[1:]) / 2
    # Others hide a part of a body, and some find no place: more and larger ones are laid than are seen.
    visible = found_density(last.true, last.pixels, edges)
    more = law.per_px / max(float(visible.sum()), 1e-12)
    larger = float(law.chance @ law.log_size) - float(visible @ middles) / max(float(visible.sum()), 1e-12)
    limit = RULES.most_change
    total = max(float(true.sum()), 1e-12)
    following = Law(
        middles + np.clip(larger, -limit, limit),
        true / total,
        total * float(np.clip(more, np.exp(-limit), np.exp(limit))),
    )
    return following, _packing(sample, made)


def _packing(sample: Sample, made: Sequence[Twin]) -> Packing:
    """Return how particles truly lie: as found in the scans, changed as looking at the twins changed it."""
    true, found = (packing_of([getattr(twin, side) for twin in made]) for side in ("true", "found"))
    scans = sample.packing

    def moved(name: str) -> float:
        return float(getattr(scans, name) + getattr(true, name) - getattr(found, name))

    return Packing(
        float(np.clip(moved("touching"), 0, 1)), max(moved("contacts"), 0.0), max(moved("group"), 0.0),
        float(np.clip(moved("shared"), 0, 1)), float(np.clip(moved("coverage"), 0.001, 1)),
    )  # fmt: skip
