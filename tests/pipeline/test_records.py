"""Runs made before a field came to be go on."""

from __future__ import annotations

import json
from pathlib import Path

from diffrendergan.pipeline.records import DONE, StageRecord, as_recorded, differences, read_record, write_done
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


def test_what_another_version_finished_counts(tmp_path: Path):
    write_done(tmp_path, PREPARE, RECORDED, 1.0)
    written = json.loads((tmp_path / DONE).read_text(encoding="utf-8"))
    (tmp_path / DONE).write_text(json.dumps(written | {"diffrendergan": "0.1.0"}), encoding="utf-8")
    found = read_record(tmp_path / DONE)
    assert found == RECORDED and found.token(PREPARE) == written["token"]
