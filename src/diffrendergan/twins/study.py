"""The whole of it: scans in which particles were found, twins of them, and what is corrected by these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffrendergan.errors import DataError
from diffrendergan.runs.reporter import Reporter
from diffrendergan.twins.intervals import Estimate, FoundScan, blocks_of, estimate, reported_bins
from diffrendergan.twins.linking import joined, together
from diffrendergan.twins.making import Segment, Twin, make_twins
from diffrendergan.twins.resemblance import Likeness, likeness, told_apart
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.sample import Sample, SourceScan, sample_of
from diffrendergan.twins.unfolding import grid


@dataclass(frozen=True, eq=False)
class Study:
    """What twins of some scans taught.

    Attributes
    ----------
    sample : Sample
        The scans whose look the twins have.
    twins : tuple of Twin
    estimate : Estimate
        Of all scans, in pixels.
    likeness : tuple of Likeness
    pixels : int
        Of all scans.
    """

    sample: Sample
    twins: tuple[Twin, ...]
    estimate: Estimate
    likeness: tuple[Likeness, ...]
    pixels: int


def study(
    found: Sequence[FoundScan],
    sources: Sequence[SourceScan],
    segment: Segment,
    seed: int,
    reporter: Reporter,
    numbers: Sequence[int] = RULES.twins,
) -> Study:
    """Make twins of scans of one magnification, and correct what was found in the scans.

    Parameters
    ----------
    found : sequence of FoundScan
        What was found in all of them.
    sources : sequence of SourceScan
        Those that give looks and outlines, or parts of them.
    segment : callable
        Finds the particles of an image as those of one of the sources were found, by its place among them.
    seed : int
    reporter : Reporter
    numbers : sequence of int
        Twins of each round.

    Raises
    ------
    DataError
        If too few particles are whole.
    """
    particles = together([scan.particles for scan in found])
    whole = int((particles.weight > 0).sum())
    if whole < RULES.least_whole:
        raise DataError(
            f"{whole} whole particles are too few to be corrected by twins; {RULES.least_whole} are needed."
        )
    sample = sample_of(sources)
    twins = make_twins(sample, segment, seed, reporter, numbers)
    links = [twin.linked for twin in twins]
    edges = grid(particles.log_size, joined(links).true.log_size)
    bins = reported_bins(particles.log_size, particles.weight)
    blocks = blocks_of(found, edges)
    last = joined([twin.linked for twin in twins if twin.round == twins[-1].round])
    pixels = sum(scan.shape[0] * scan.shape[1] for scan in found)
    coverage = float(np.average(blocks.coverage, weights=blocks.pixels)), last.found_px / last.pixels
    alike = (*likeness(particles, pixels, last.found, last.pixels, coverage), told_apart(last))
    return Study(sample, twins, estimate(blocks, links, edges, bins, seed), alike, pixels)
