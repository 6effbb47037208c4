import shutil

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.page.stage import run_report
from diffrendergan.runs.reporter import SilentReporter

from ..conftest import quantified


class TellingReporter(SilentReporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, message: str) -> None:
        self.told.append(message)


@pytest.fixture(scope="module")
def reported(finished, wiry, tmp_path_factory):
    """A run about wires with its report, to be read only, and what was told."""
    reporter = TellingReporter()
    run = quantified(wiry, shutil.copytree(finished, tmp_path_factory.mktemp("reported") / "run"))
    run_report(wiry, run, reporter)
    return run, reporter.told


def test_the_report_is_written_and_told(reported):
    run, told = reported
    path = run / "report.html"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert told == [f"report: {path}"]
    assert [left.name for left in run.glob(".partial-*")] == []


def test_the_data_sheet_lies_beside_the_pictures(reported, wiry):
    folder = reported[0] / "report"
    assert {path.name for path in folder.glob("datasheet*")} == {"datasheet.html", "datasheet.pdf"}
    page = (folder / "datasheet.html").read_text(encoding="utf-8")
    assert f"<h1>{wiry.name}</h1>" in page and "network of the run, trained on synthetic images, seed 0" in page
    assert "<figure>" in page and "wires: see wires.csv" in page


def test_a_broken_file_leaves_the_last_report_as_it_was(run, project, notes):
    path = run / "report.html"
    path.write_text("the last one")
    (run / "evaluate" / "scores.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"scores\.json"):
        run_report(project, run, notes[1])
    assert path.read_text() == "the last one"


def pictures(run):
    return {path.name: path.read_bytes() for path in (run / "report" / "figures").iterdir()}


def test_the_pictures_are_files_too_and_equal_each_time(reported, wiry, notes):
    run = reported[0]  # the page names its folder; the same is written again
    page, first = (run / "report.html").read_bytes(), pictures(run)
    names = [f"{name}_{kind}" for name in ("scan c", "scan d") for kind in ("instances", "thickness")]
    assert set(first) == {f"{name}.{end}" for name in (*names, "sizes", "thickness") for end in ("png", "svg")}
    (run / "report" / "figures" / "gone_instances.png").touch()
    run_report(wiry, run, notes[1])
    assert pictures(run) == first and (run / "report.html").read_bytes() == page


def test_without_predictions_no_pictures_are_left(reported, tmp_path, project, notes):
    run = shutil.copytree(reported[0], tmp_path / "run")
    assert (run / "report" / "figures" / "scan c_instances.png").exists()
    shutil.rmtree(run / "evaluate")
    run_report(project, run, notes[1])
    assert not (run / "report" / "figures").exists()
