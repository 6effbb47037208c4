from __future__ import annotations

import json
from pathlib import Path

from diffrendergan.runs.checked import SUM, whole_lines, with_sum, without_sum

VALUES = {"b": [1.5, None], "a": "µ"}


def test_what_changed_since_is_told() -> None:
    kept = json.loads(json.dumps(with_sum(VALUES)))
    assert without_sum(kept) == VALUES
    assert without_sum({**kept, "a": "n"}) is None and without_sum({**kept, SUM: "0"}) is None
    assert without_sum([]) is None and without_sum(VALUES) == VALUES  # of an earlier version


def test_lines_that_changed_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps(with_sum({"n": number})) for number in range(4)]
    lines[1] = lines[1].replace("1", "7", 1)
    path.write_bytes("\n".join([*lines, "[" * 100_000, '{"n": 4']).encode() + b"\xff")
    found, changed = whole_lines(path)
    assert [values["n"] for values in found] == [0, 2, 3] and changed == 2
