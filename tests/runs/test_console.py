from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from diffrendergan.runs.console import PROGRESS_VARIABLE, BarReporter, LineReporter, make_reporter
from diffrendergan.runs.reporter import Reporter, SilentReporter


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def plain() -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=40)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(params=["bars", "lines", "silent"])
def reporter(request: pytest.FixtureRequest) -> Reporter:
    return {"bars": BarReporter(terminal()), "lines": LineReporter(plain(), 0.0), "silent": SilentReporter()}[
        request.param
    ]


def test_items_pass_unchanged_however_tracks_nest(reporter: Reporter) -> None:
    found = [
        (outer, inner)
        for outer in reporter.track(range(3), "outer")
        for inner in reporter.track(iter("ab"), "inner", total=2)
    ]
    assert found == [(outer, inner) for outer in range(3) for inner in "ab"]
    assert list(reporter.track((n for n in range(4)), "no total")) == [0, 1, 2, 3]
    assert list(reporter.track([], "nothing")) == []


def test_a_loop_may_be_left_early_and_another_begun(reporter: Reporter) -> None:
    for _ in range(2):
        for item in reporter.track(range(10), "left"):
            if item == 2:
                break
    with pytest.raises(KeyError):
        for _ in reporter.track(range(3), "failing"):
            raise KeyError
    assert list(reporter.track(range(2), "again")) == [0, 1]


def test_brackets_are_shown_as_they_are() -> None:
    for console in (terminal(), plain()):
        reporter = make_reporter(console=console)
        reporter.note("θ is [red] {x}")
        assert "θ is [red] {x}" in text(console)


def test_bars_name_what_they_count_and_vanish() -> None:
    console = terminal()
    reporter = make_reporter(console=console)
    assert isinstance(reporter, BarReporter)
    for _ in reporter.track(range(3), "epochs"):
        time.sleep(0.25)
        reporter.note("a note")
    assert "epochs" in text(console)
    assert "/3" in text(console)
    assert text(console).count("a note") == 3


def test_lines_show_all_levels_and_the_time_left() -> None:
    console = plain()
    reporter = LineReporter(console, 0.0)
    for _ in reporter.track(range(2), "epochs"):
        for _ in reporter.track(range(3), "steps of the training of the generator"):
            time.sleep(0.01)
    lines = text(console).splitlines()
    # The first item is often the slowest: no pace is told from it.
    assert lines[0] == "epochs 0/2 · steps of the training of the generator 1/3"
    assert lines[1].startswith("epochs 0/2 · steps of the training of the generator 2/3, about ")
    assert lines[1].endswith(" left")
    assert lines[-1].startswith("epochs 2/2")


def test_lines_are_rare() -> None:
    console = plain()
    reporter = LineReporter(console, 0.2)
    began = time.monotonic()
    for _ in reporter.track(range(100), "steps"):
        time.sleep(0.005)
    assert len(text(console).splitlines()) <= (time.monotonic() - began) / 0.2
    assert text(console)


def test_the_reporter_fits_where_it_writes() -> None:
    assert isinstance(make_reporter(console=plain()), LineReporter)
    assert isinstance(make_reporter(quiet=True, console=terminal()), SilentReporter)


def test_a_track_is_lazy() -> None:
    def items() -> Iterator[int]:
        raise AssertionError("asked for an item")
        yield 0

    LineReporter(plain()).track(items(), "never")


def test_progress_is_kept_in_a_file_for_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.json"
    monkeypatch.setenv(PROGRESS_VARIABLE, str(path))
    reporter = make_reporter(console=Console(file=io.StringIO()))
    seen = []
    for _ in reporter.track(range(2), "Outer"):
        for _ in reporter.track("ab", "Inner"):
            seen.append(json.loads(path.read_text(encoding="utf-8"))["tracks"])
    assert seen[0][0] == {"description": "Outer", "done": 0, "total": 2, "left_s": None}
    assert json.loads(path.read_text(encoding="utf-8")) == {"tracks": []}
