"""Bars in a notebook, with what a notebook is asked to show."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from rich.console import Console

from diffrendergan.runs.console import make_reporter
from diffrendergan.runs.notebook import NotebookReporter, bar
from diffrendergan.runs.tracks import Track


class Output:
    """One output of a cell, which is shown anew."""

    def __init__(self, shown: str) -> None:
        self.seen = [shown]

    def update(self, shown: str) -> None:
        self.seen.append(shown)


@pytest.fixture
def outputs(monkeypatch) -> list[Output]:
    """What a cell shows, one below the other."""
    found: list[Output] = []

    def display(shown: str, display_id: bool = False) -> Output | None:
        found.append(Output(shown))
        return found[-1] if display_id else None

    module = ModuleType("IPython.display")
    module.HTML, module.display = str, display
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return found


def test_a_notebook_gets_bars():
    assert isinstance(make_reporter(console=Console(force_jupyter=True)), NotebookReporter)
    assert not isinstance(make_reporter(console=Console(force_jupyter=False)), NotebookReporter)


def test_tracks_share_an_output_that_is_empty_at_the_end(outputs):
    reporter = NotebookReporter(interval=0)
    done = [(a, b) for a in reporter.track([1, 2], "scans <a>") for b in reporter.track("xy", "tiles")]
    assert len(done) == 4 and len(outputs) == 1
    seen = outputs[0].seen
    assert 'value="0" max="2"' in seen[0] and "scans &lt;a&gt; 0/2" in seen[0]
    assert any("scans" in one and "tiles 1/2" in one for one in seen)
    assert seen[-1] == ""


def test_an_error_leaves_no_bar(outputs):
    reporter = NotebookReporter()
    with pytest.raises(ZeroDivisionError):
        for _ in reporter.track(range(3), "scans"):
            raise ZeroDivisionError
    assert outputs[0].seen[-1] == ""


def test_notes_stay(outputs):
    NotebookReporter().note("a < b")
    assert outputs[0].seen == ["<div>a &lt; b</div>"]


def test_a_bar_without_an_end_moves_by_itself():
    assert bar(Track("epochs", None, done=3)) == "<div><progress></progress> epochs 3</div>"
