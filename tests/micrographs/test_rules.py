from __future__ import annotations

import json
from dataclasses import replace

from diffrendergan.config.data import HeightsConfig
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.stretch import Stretch

RULES = ReadingRules(12, "auto", Stretch(5, 900, {"16 bit": (0.0, 9.0)}), 2, "SE", HeightsConfig(nm_per_number=0.5))


def test_rules_are_written_down_and_read_again() -> None:
    written = json.loads(json.dumps(RULES.to_json()))
    assert set(written) == {"data_bar", "series", "channel", "stretch", "heights"}
    assert ReadingRules.from_json({"format": 3, "pixel_size_nm": 2.0, **written}) == RULES
    assert ReadingRules.from_json(replace(RULES, pixel_size_nm=3.0).to_json()).pixel_size_nm == "auto"


def test_what_an_older_program_did_not_write_is_left_to_the_files() -> None:
    assert ReadingRules.from_json({"data_bar": 7}) == ReadingRules(data_bar=7)
