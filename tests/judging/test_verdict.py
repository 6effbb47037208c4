from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.judging.evidence import Agreement, Evidence
from diffrendergan.judging.verdict import (
    COLUMNS,
    BadRunError,
    judged,
    read_verdict,
    remarks_of,
    table_of,
    verdict_on,
    write_verdict,
)


def test_a_verdict_is_kept(tmp_path: Path, fine: Evidence) -> None:
    assert read_verdict(tmp_path) is None
    verdict = judged(replace(fine, agreement=Agreement(0.2, 0.1)), "digest", 7.5)
    write_verdict(tmp_path, verdict)
    assert read_verdict(tmp_path) == verdict and verdict.judgement == "doubtful"
    path = tmp_path / "judge" / "verdict.json"
    path.write_text(path.read_text().replace('"dice"', '"nice"'))
    with pytest.raises(RunFolderError, match="give `judge` again with --redo"):
        read_verdict(tmp_path)


def test_only_a_bad_run_is_refused(fine: Evidence) -> None:
    judged(fine, "", None).refuse_bad(Path("run"))
    bad = replace(fine, learning=Agreement(0.1, 0.0), agreement=Agreement(0.1, 0.0))
    with pytest.raises(BadRunError, match=r"the run in run is judged bad: .* \(and 1 finding more\)\."):
        judged(bad, "", None).refuse_bad(Path("run"))


def test_a_bad_network_is_warned_of_wherever_it_is_used(tmp_path: Path, fine: Evidence) -> None:
    assert verdict_on(tmp_path, lambda: "digest") is None
    write_verdict(tmp_path, judged(fine, "digest", None))
    good = verdict_on(tmp_path, lambda: "digest")
    assert good is not None and good.doubts(tmp_path) == ()
    write_verdict(tmp_path, judged(replace(fine, learning=Agreement(0.1, 0.0)), "digest", None))
    bad = verdict_on(tmp_path, lambda: "digest")
    assert bad is not None
    (said,) = bad.doubts(tmp_path)
    assert said.startswith(f"the run in {tmp_path} is judged bad: the network does not find")
    assert verdict_on(tmp_path, lambda: "another") is None  # trained anew since


def test_the_table_sets_them_side_by_side(fine: Evidence) -> None:
    rows = table_of(judged(fine, "", 2.0))
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert rows[0] == ("network, in 8 scans", "50", "44 nm", "30 to 60 nm", "20 %", "2.0 %")
    assert rows[1][1] == "52.5" and rows[1][-1] == "–"
    assert table_of(judged(fine, "", None))[0][2] == "22 px"


def test_a_generalist_in_doubt_is_said_to_be_so(fine: Evidence) -> None:
    doubted = tuple(replace(scan, doubted=True) for scan in fine.of_scans)
    verdict = judged(replace(fine, of_scans=doubted), "", None)
    assert any("The generalist is unsure in 8 of 8 scans, and does not count" in said for said in remarks_of(verdict))
    assert "Dice of 0.90; 70 % of their particles match" in remarks_of(judged(fine, "", None))[0]
