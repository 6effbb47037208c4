"""Inference recovers what patches were drawn with, says how certain it is, and leaves alone what fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.calibration import look
from diffrendergan.calibration.inferring import infer
from diffrendergan.calibration.look import Tracing
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.record import record, true_diameters
from diffrendergan.calibration.search import Calibration, calibrate
from diffrendergan.calibration.trial import Stand
from diffrendergan.config.project import Project
from diffrendergan.runs.reporter import SilentReporter

Small = Callable[..., Project]
FEW = 28
"""Arrangements of which two rounds just make a posterior."""


def test_sizes_and_coverage_are_recovered_from_a_wrong_start(
    small_project: Small, real: RealPatches, drawn: list[Tracing]
) -> None:
    start = small_project("arrangement.unit=0.5", "particles.count=8", "arrangement.number=null")
    found = infer(start, real, 80, SilentReporter())
    assert found.improved and found.after.total < 0.6 * found.before.total
    wanted = [tracing.labels for tracing in drawn]
    got, expected = np.median(true_diameters(found.after.labels)), np.median(true_diameters(wanted))
    assert got == pytest.approx(expected, rel=0.15)
    covered = [float(np.mean([(labels > 0).mean() for labels in side])) for side in (found.after.labels, wanted)]
    assert covered[0] == pytest.approx(covered[1], rel=0.35)
    median = found.intervals["median"]
    # So few arrangements leave a factor of two to two and a half, as chance has it.
    assert median.low < median.value < median.high < 3 * median.low
    facts = record(start, real, found)
    assert facts["intervals"]["median"]["low"] == pytest.approx(median.low)


def test_what_is_no_better_is_left_alone(small_project: Small, real: RealPatches) -> None:
    given = small_project("seed=77")  # the patches were drawn with it
    found = infer(given, real, FEW, SilentReporter())
    assert found.after.total <= found.before.total
    if not found.improved:
        assert found.project == given and found.after is found.before and not found.intervals


@pytest.mark.parametrize("search", [infer, calibrate])
def test_a_stopped_calibration_goes_on_and_gives_the_same(
    search: Callable[..., Calibration],
    small_project: Small,
    real: RealPatches,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, file = small_project("arrangement.unit=0.5"), tmp_path / "kept.jsonl"
    drawn: list[int] = []
    known: dict[tuple[str, int], Tracing] = {}  # test_search.py: they depend on project and number alone
    trace = Stand.trace_one

    def counted(stand: Stand, project: Project, number: int) -> Tracing:
        drawn.append(number)
        if len(drawn) == 22:
            raise KeyboardInterrupt
        key = project.model_dump_json(), number
        if key not in known:
            known[key] = trace(stand, project, number)
        return known[key]

    monkeypatch.setattr(Stand, "trace_one", counted)
    monkeypatch.setattr(look, "RULES", replace(look.RULES, light_directions=6))
    with pytest.raises(KeyboardInterrupt):
        search(start, real, FEW, SilentReporter(), file)
    stopped = len(drawn)
    assert len(file.read_text().splitlines()) > 10
    found = search(start, real, FEW, SilentReporter(), file)
    resumed = len(drawn) - stopped
    assert not file.exists()
    whole = search(start, real, FEW, SilentReporter())
    assert resumed < len(drawn) - stopped - resumed
    assert found.project == whole.project and found.after.total == whole.after.total
