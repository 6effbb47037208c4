from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.fixtures.verdicts import fine_evidence

from diffrendergan.cli.results import score_table, show_results, show_verdict
from diffrendergan.errors import RunFolderError
from diffrendergan.judging.evidence import Agreement
from diffrendergan.judging.verdict import judged, write_verdict


def entry(
    method: str, mean: float | None, std: float | None = None, interval: list[float] | None = None
) -> dict[str, Any]:
    scores = {
        name: {"mean": mean, "std": std, "interval": interval}
        for name in ("dsc", "foreground_iou", "ap50", "pq", "sq", "rq")
    }
    return {"method": method, "decoding": "components", "seeds": 3, "scans": 6} | scores


def shown(run: Path) -> str:
    console = Console(file=io.StringIO(), width=120)
    show_results(run, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_report_that_lacks_the_scores_is_said(tmp_path: Path) -> None:
    (tmp_path / "evaluate").mkdir()
    (tmp_path / "evaluate" / "scores.json").write_text('{"note": "no held-out scan is annotated", "summary": []}')
    (tmp_path / "report.html").write_text("<html>")
    for seconds, older in ((50, True), (150, False)):
        os.utime(tmp_path / "report.html", (seconds, seconds))
        os.utime(tmp_path / "evaluate" / "scores.json", (100, 100))
        assert ("older than these scores" in shown(tmp_path)) is older


def test_the_table_and_the_report_are_shown(tmp_path: Path) -> None:
    (tmp_path / "evaluate").mkdir()
    scores = {"summary": [entry("synthetic", 0.9161, 0.0042), entry("real", 0.95), entry("otsu", None)]}
    (tmp_path / "evaluate" / "scores.json").write_text(json.dumps(scores))
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").write_text("<html>")
    text = shown(tmp_path)
    assert "Mean scores on 6 test scans, 3 seeds; below: 95 % interval over the scans" in text
    assert "0.916 ± 0.004" in text
    assert "0.950" in text
    assert "–" in text
    assert f"report: {tmp_path / 'report' / 'report.html'}" in text.replace("\n", "")


def test_a_verdict_is_shown_with_what_is_wrong(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=120)
    show_verdict(tmp_path, console)
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
    write_verdict(tmp_path, judged(replace(fine_evidence(), learning=Agreement(0.3, 0.1)), "", 2.0))
    show_verdict(tmp_path, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "network, in 8 scans" in text and "44 nm" in text
    assert "verdict: bad. This run is bad" in text
    assert "- The network does not find the particles of its own synthetic images (Dice 0.30)" in text


def test_the_interval_stands_below_its_score() -> None:
    console = Console(file=io.StringIO(), width=80)
    table = score_table({"summary": [entry("synthetic", 0.9161, None, [0.9022, 0.9349])]})
    assert table is not None
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines() if line.strip()]
    assert lines[-2][-4:] == ["0.916"] * 4 and lines[-1][-4:] == ["0.90–0.93"] * 4


def test_one_scan_has_no_interval() -> None:
    table = score_table({"summary": [entry("synthetic", 0.9) | {"scans": 1, "seeds": 1}]})
    assert table is not None and table.title == "Mean scores on 1 test scan"


def test_without_annotations_the_note_is_shown(tmp_path: Path) -> None:
    (tmp_path / "evaluate").mkdir()
    (tmp_path / "evaluate" / "scores.json").write_text('{"summary": [], "note": "No test scan is annotated."}')
    assert shown(tmp_path) == "No test scan is annotated.\n"


def test_nothing_is_shown_of_an_empty_run(tmp_path: Path) -> None:
    assert shown(tmp_path) == ""


def test_broken_scores_are_a_sentence() -> None:
    with pytest.raises(RunFolderError, match="--redo"):
        score_table({"summary": [{"scans": 3}]})
