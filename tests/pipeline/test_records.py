"""Runs made before a field came to be go on."""

from __future__ import annotations

from diffrendergan.pipeline.records import StageRecord, as_recorded, differences
from diffrendergan.pipeline.stages import STAGES

PREPARE = STAGES[0]
RECORDED = StageRecord({"seed": 0, "data.patches": 124, "data.test_scans": None}, {}, {}, "salt")


def test_a_field_that_came_later_and_is_off_changes_no_fingerprint():
    wanted = StageRecord({"seed": 0, "data.patches": 124, "data.test_scans": None, "data.series": None}, {}, {})
    assert differences(PREPARE, RECORDED, wanted) == []
    assert wanted.token(PREPARE) != RECORDED.token(PREPARE)
    assert as_recorded(wanted, RECORDED) == RECORDED
    assert as_recorded(wanted, RECORDED).token(PREPARE) == RECORDED.token(PREPARE)


def test_a_field_that_went_away_while_it_was_off_neither():
    wanted = StageRecord({"seed": 0, "data.patches": 124}, {}, {})
    assert as_recorded(wanted, RECORDED).token(PREPARE) == RECORDED.token(PREPARE)


def test_a_field_that_is_on_changes_it():
    wanted = StageRecord({**RECORDED.config, "data.series": 2}, {}, {})
    assert [found.text for found in differences(PREPARE, RECORDED, wanted)] == ["`data.series` changed from empty to 2"]
    assert as_recorded(wanted, RECORDED).token(PREPARE) != RECORDED.token(PREPARE)
