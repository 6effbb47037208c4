from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.judging.conftest import GROUND, PARTICLE, scan_of, squares

from diffrendergan.judging.evidence import Evidence, Shown, agreement, evidence_of, look_at
from diffrendergan.labels.regions import connected
from diffrendergan.micrographs.types import Micrograph

TRUE = squares(96, 12, 24)


def by_brightness(scan: Micrograph) -> tuple[np.ndarray, np.ndarray]:
    middle = (GROUND + PARTICLE) / 2
    return connected(scan.pixels > middle), np.zeros(scan.pixels.shape, bool)


def without_doubt(scan: Micrograph) -> tuple[np.ndarray, tuple[str, ...]]:
    return by_brightness(scan)[0], ()


def nothing(scan: Micrograph) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(scan.pixels.shape, np.int32), np.zeros(scan.pixels.shape, bool)


def shown() -> Shown:
    scan, bare = scan_of(TRUE, "full"), scan_of(np.zeros_like(TRUE), "bare")
    patch = np.s_[24:72, 24:72]
    elsewhere = scan_of(np.zeros_like(TRUE), "bare")
    return Shown(
        scans=[(scan, True), (bare, False)],
        patches=[scan_of(TRUE[patch])],
        synthetic=[(scan_of(TRUE), TRUE)],
        empty=[(scan, patch), (elsewhere, patch)],
    )


def gathered(network, generalist=without_doubt) -> Evidence:  # type: ignore[no-untyped-def]
    looked = [look_at(scan, network, generalist) for scan, _ in shown().scans]
    return evidence_of(shown(), looked, network, generalist)


def test_a_network_that_sees_what_the_generalist_sees() -> None:
    evidence = gathered(by_brightness)
    assert evidence.agreement == evidence.learning == agreement([(TRUE, TRUE)])
    assert evidence.agreement.dice == evidence.agreement.matched == 1
    assert (evidence.scans.number, evidence.scans.without) == (16, 1)
    assert evidence.arrangement.number == evidence.learned.number == 16
    assert [(scan.name, scan.held_out, scan.number) for scan in evidence.of_scans] == [
        ("full", True, 16), ("bare", False, 0),
    ]  # fmt: skip
    # One of the two patches that were taken for ground shows particles: a quarter of its area.
    assert evidence.empty.covered_by_network == pytest.approx(0.25 / 2)
    assert evidence.empty.covered_by_generalist == pytest.approx(0.25 / 2)
    assert evidence.generalist_trusted


def test_a_network_that_sees_nothing() -> None:
    evidence = gathered(nothing)
    assert evidence.scans.number == evidence.patches.number == 0 and evidence.scans.without == 2
    assert evidence.agreement.dice == evidence.learning.dice == 0
    assert evidence.of_scans[1].dice == 1  # both see nothing there
    assert evidence.empty.covered_by_network == 0 < evidence.empty.covered_by_generalist


def test_a_generalist_that_doubts_is_not_trusted() -> None:
    evidence = gathered(by_brightness, lambda scan: (by_brightness(scan)[0], ("it doubts",)))
    assert evidence.doubted == 2 and not evidence.generalist_trusted
    assert (evidence.empty.undoubted, evidence.empty.covered_by_generalist) == (0, 0)


def test_nothing_is_looked_at_twice() -> None:
    asked: list[str] = []

    def counting(scan: Micrograph) -> tuple[np.ndarray, tuple[str, ...]]:
        asked.append(scan.name)
        return without_doubt(scan)

    one = shown()
    looked = [look_at(scan, by_brightness, counting) for scan, _ in one.scans]
    evidence_of(replace(one, empty=[(one.scans[0][0], one.empty[0][1]), one.empty[1]]), looked, by_brightness, counting)
    assert asked == ["full", "bare", "bare"]  # the last is another part, though of the same name


def test_agreement_counts_particles_of_both_sides() -> None:
    half = np.where(TRUE <= 8, TRUE, 0)
    found = agreement([(TRUE, half)])
    assert found.dice == pytest.approx(2 / 3) and found.matched == pytest.approx(16 / 24)
    assert agreement([]).dice == 1


def test_evidence_survives_json(fine: Evidence) -> None:
    assert Evidence.from_json(json.loads(json.dumps(fine.to_json()))) == fine
