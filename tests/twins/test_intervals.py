"""Intervals hold the truth about as often as they say, and grow with what is uncertain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.twins.conftest import Answer

from diffrendergan.twins.intervals import Estimate, FoundScan, blocks_of, estimate, found_scan, reported_bins
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.unfolding import FIGURES, described, found_density, grid

EXACT = replace(RULES, draws=30, off_size=0.0, off_number=0.0, off_small=0.0, off_coverage=0.0)
MEDIAN, DENSITY = FIGURES.index("d50"), FIGURES.index("density")
SHAPE = (500, 500)
"""Of the scan: 125 particles on average."""


def studied(answer: Answer, seed: int, rules=EXACT) -> tuple[Estimate, np.ndarray]:
    """Return an estimate of one scan, and the true figures of the sample."""
    rng = np.random.default_rng(seed)
    twins = [answer.given(rng, 80) for _ in range(12)]
    scan = answer.given(rng, int(rng.poisson(125)))
    found = FoundScan(replace(scan.found, x=5 * scan.found.x, y=5 * scan.found.y), SHAPE, np.full(RULES.blocks**2, 0.2))
    edges = grid(scan.found.log_size, *(twin.true.log_size for twin in twins))
    bins = reported_bins(scan.found.log_size, scan.found.weight)
    sample = answer.given(np.random.default_rng(99), 20000)
    density = found_density(sample.true, sample.pixels, np.linspace(0.5, 6, 600))
    truth = described(density, np.linspace(0.5, 6, 600), 0.2, bins)
    return estimate(blocks_of([found], edges), twins, edges, bins, seed, rules), truth.figures


def test_intervals_hold_the_truth_of_the_sample() -> None:
    made = [studied(Answer(missed=-2.0, missed_slope=-1.0), seed) for seed in range(20)]
    for figure in (MEDIAN, DENSITY):
        held = [one.low.figures[figure] <= true[figure] <= one.high.figures[figure] for one, true in made]
        uncorrected = np.array([one.raw.figures[figure] - true[figure] for one, true in made])
        corrected = np.array([one.corrected.figures[figure] - true[figure] for one, true in made])
        assert sum(held) >= 17
        assert abs(corrected.mean()) < 0.4 * abs(uncorrected.mean())


def test_what_twins_never_show_widens_them(answer: Answer) -> None:
    exact, _ = studied(answer, 0)
    off, _ = studied(answer, 0, replace(EXACT, off_size=0.1, off_number=0.2, off_small=0.05, off_coverage=0.3))
    widths = [one.here_high.figures - one.here_low.figures for one in (exact, off)]
    assert (widths[1] > widths[0]).all()
    assert off.corrected.figures == pytest.approx(exact.corrected.figures)


def test_the_sample_is_less_certain_than_what_was_scanned(answer: Answer) -> None:
    one, _ = studied(answer, 1)
    here, sample = one.here_high.figures - one.here_low.figures, one.high.figures - one.low.figures
    assert sample[MEDIAN] > here[MEDIAN] and sample[DENSITY] > here[DENSITY]
    assert (one.low.figures <= one.corrected.figures).all() and (one.corrected.figures <= one.high.figures).all()


def test_empty_bins_are_not_certain_to_be_empty(answer: Answer) -> None:
    one, _ = studied(answer, 2)
    assert (one.high.shares > 0.02).all() and (one.low.shares >= 0).all()
    assert one.corrected.shares.sum() == pytest.approx(1.0)


def test_the_seed_decides_the_draws(answer: Answer) -> None:
    first, second = studied(answer, 3)[0], studied(answer, 3)[0]
    assert first.low.figures.tolist() == second.low.figures.tolist()


def test_parts_of_a_scan_hold_all_of_it() -> None:
    labels = np.zeros((90, 120), np.int32)
    labels[10:20, 10:20], labels[60:75, 80:95] = 1, 2
    found = found_scan(labels)
    edges = grid(found.particles.log_size)
    blocks = blocks_of([found], edges)
    assert blocks.coverage.mean() == pytest.approx((labels > 0).mean(), rel=0.01)
    assert blocks.density.mean(0) == pytest.approx(found_density(found.particles, labels.size, edges))
    assert (blocks.density.sum(axis=1) > 0).sum() == 2
