import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.stage import run_report


def test_the_report_is_written_and_told(run, project, notes):
    told, reporter = notes
    run_report(project, run, reporter)
    path = run / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert told == [f"report: {path}"]
    assert [left.name for left in run.glob(".partial-*")] == []


def test_a_broken_file_leaves_the_last_report_as_it_was(run, project, notes):
    path = run / "report.html"
    path.write_text("the last one")
    (run / "evaluate" / "scores.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"scores\.json"):
        run_report(project, run, notes[1])
    assert path.read_text() == "the last one"
