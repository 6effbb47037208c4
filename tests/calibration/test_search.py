"""Calibration recovers what patches were drawn with, though they look different."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from diffrendergan.calibration.look import Levels, Tracing
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.record import record, true_diameters
from diffrendergan.calibration.search import calibrate
from diffrendergan.calibration.trial import Stand
from diffrendergan.config.project import Project
from diffrendergan.errors import PlacementError
from diffrendergan.runs.reporter import SilentReporter

Small = Callable[..., Project]


def test_trials_depend_on_project_and_number_alone(small_project: Small, stand: Stand, levels: Levels) -> None:
    project = small_project("arrangement.unit=0.3")
    first = stand.trace_one(project, 5)
    stand.trace_one(project, 6)
    again = stand.trace_one(project, 5)
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.picture(levels), again.picture(levels))
    assert not np.array_equal(first.labels, stand.trace_one(project, 6).labels)


def test_pictures_have_the_grey_levels_of_the_patches(
    small_project: Small, stand: Stand, levels: Levels, real: RealPatches
) -> None:
    pictures = [tracing.picture(levels) for tracing in stand.trace(small_project(), range(6))]
    assert np.median(pictures) == pytest.approx(np.median(real.images), abs=0.03)
    assert levels.background == pytest.approx(0.3, abs=0.02) and levels.particle == pytest.approx(0.7, abs=0.04)
    assert levels.noise == pytest.approx(0.03, rel=0.15)
    assert 0.5 < levels.rim < 3.5


def test_sizes_and_coverage_are_recovered_from_a_wrong_start(
    small_project: Small, real: RealPatches, drawn: list[Tracing]
) -> None:
    start = small_project("arrangement.unit=0.55", "particles.count=8", "arrangement.number=null")
    found = calibrate(start, real, 110, SilentReporter())
    assert found.improved and found.after.total < 0.5 * found.before.total
    wanted = [tracing.labels for tracing in drawn]
    got, expected = np.median(true_diameters(found.after.labels)), np.median(true_diameters(wanted))
    assert got == pytest.approx(expected, rel=0.12)
    covered = [float(np.mean([(labels > 0).mean() for labels in side])) for side in (found.after.labels, wanted)]
    assert covered[0] == pytest.approx(covered[1], rel=0.25)
    facts = record(start, real, found)
    assert facts["improved"] and "arrangement.unit" in facts["changed"]
    assert facts["after"]["true"]["median_diameter_px"] == pytest.approx(got)


def test_what_cannot_be_placed_is_an_error(small_project: Small, real: RealPatches) -> None:
    crowded = small_project(
        "arrangement.limit=0.02", "arrangement.three_dimensional=false", "arrangement.placement=random",
        "arrangement.separation=radii", "arrangement.number=null",
    )  # fmt: skip
    with pytest.raises(PlacementError, match=r"arrangement\.limit"):
        calibrate(crowded, real, 60, SilentReporter())
