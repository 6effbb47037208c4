"""Intervals in place of confidences, where outlines are the generalist's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.scans import draw_discs, grid_of_discs

from diffrendergan.detection.foreground import ScanParticles, find_particles
from diffrendergan.inference.posterior import Belief, Interval
from diffrendergan.inference.truth import QUANTITIES, Truth
from diffrendergan.inspection import belief as beliefs
from diffrendergan.inspection.belief import with_belief
from diffrendergan.inspection.estimate import estimate
from diffrendergan.inspection.measurements import measure_scans
from diffrendergan.inspection.values import described, estimated_values
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter

SEEN = Truth(24.0, 20.0, 28.0, 0.2, 400.0, 50)


def believed(strangeness=0.5, factor=0.9):
    values = dict(zip(QUANTITIES, (24.0, 20.0, 28.0, 0.2, 400.0), strict=True))
    intervals = {name: Interval(value * factor, value * factor * 0.9, value * factor * 1.1)
                 for name, value in values.items()}  # fmt: skip
    return Belief(intervals, np.ones((3, 5)), strangeness)


@pytest.fixture(scope="module")
def scan():
    return Micrograph("a", draw_discs((300, 300), grid_of_discs((300, 300), 50, 12, 2, 0)), None, Path("a.tif"), 8)


def proposal(scan, outlined=True):
    found, _ = find_particles([scan], False)
    drawn = [ScanParticles.of(found[0].labels, found[0].suspicion, None, outlined, 0.97, 1.0)]
    return estimate(measure_scans([scan], drawn, False, SilentReporter()), 256)


@pytest.fixture(scope="module")
def plain(scan):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beliefs, "believed", lambda seen: None)
        return proposal(scan)


def test_outlines_of_the_generalist_have_intervals_and_guessed_ones_confidences(scan):
    sure, guessed = proposal(scan), proposal(scan, outlined=False)
    assert sure.source == "outlines" and sure.belief is not None
    assert sure.size.interval.low < sure.size.value.median < sure.size.interval.high
    assert guessed.belief is None and guessed.size.interval is None
    assert "confidence" in {part.name: part for part in described(guessed, None)}["diameters"].certainty


def test_values_and_intervals_are_those_of_the_belief(plain):
    found = with_belief(plain, believed(), SEEN)
    assert found.size.value.median == pytest.approx(0.9 * plain.size.value.median)
    assert (found.size.interval.low, found.size.interval.high) == pytest.approx((0.81 * 24, 0.99 * 24))
    assert found.number.value[1] == round(0.9 * plain.number.value[1])
    parts = {part.name: part for part in described(found, 2.0)}
    assert parts["diameters"].certainty == "90 %: 39 to 48 nm" and parts["diameters"].confidence is None
    assert parts["tails"].value.endswith("36 and 50.4 nm") and parts["covered"].certainty == "90 %: 16% to 20%"
    assert not parts["diameters"].doubtful
    _, remarks = estimated_values(found, 50.0, 256, None)
    assert "90 %: 19 to 24 px" in remarks["arrangement.size"]


def test_wide_intervals_are_marked(plain):
    wide = believed()
    wide = replace(wide, intervals={**wide.intervals, "median": Interval(20, 10, 40)})
    parts = {part.name: part for part in described(with_belief(plain, wide, SEEN), None)}
    assert parts["diameters"].doubtful and not parts["per field"].doubtful


def test_strange_scans_are_said_and_alien_ones_have_no_interval(plain):
    strange, alien = (with_belief(plain, believed(far), SEEN) for far in (1.2, 5.0))
    assert "nothing quite like it" in strange.size.evidence and strange.size.interval is not None
    assert "no interval" in alien.size.evidence and alien.size.interval is None
    assert alien.size.value == plain.size.value
    assert "tails" not in {part.name for part in described(alien, None)}
