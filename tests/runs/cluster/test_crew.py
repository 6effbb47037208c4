"""A worker's process, with no cluster around it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psutil", reason="psutil comes with the extra [cluster]")

from tests.runs.cluster.work import ended_once, refuses, where

from diffrendergan.errors import DataError
from diffrendergan.runs.cluster import crew as crews
from diffrendergan.runs.cluster.crew import NOT_WANTED, Crew
from diffrendergan.runs.cluster.messages import Order, Report

Hired = Callable[..., Crew]


@pytest.fixture
def hired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hired]:
    """Return what makes crews, which go at the end."""
    monkeypatch.setattr(crews, "_LOOK_S", 0.05)
    made: list[Crew] = []

    def hire(function: Any, still_s: float = 60, patience_s: float | None = None, idle_s: float = 60) -> Crew:
        order = Order(pickle.dumps(function), 3, str(tmp_path), idle_s)
        made.append(Crew(order, still_s, patience_s))
        return made[-1]

    yield hire
    for crew in made:
        crew.stop()


def results(report: Report) -> list[Any]:
    return [pickle.loads(one.payload) for one in report.done]


def unwanted() -> bool:
    return False


def test_one_process_does_all_until_one_fails(hired: Hired) -> None:
    crew = hired(partial(refuses, 4))
    assert results(crew.work([2, 3], unwanted)) == [2, 3]
    process = crew._process
    failed = crew.work([1, 4, 5], unwanted)
    assert [one.kind for one in failed.done] == ["result", "error"] and failed.lost is None
    assert isinstance(results(failed)[1], DataError) and failed.memory_mb > 1
    assert crew._process is process


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_was_killed_is_named_and_the_next_process_goes_on(hired: Hired, tmp_path: Path) -> None:
    crew = hired(partial(ended_once, tmp_path, 2, signal.SIGKILL))
    report = crew.work([1, 2, 3], unwanted)
    assert results(report) == [1] and report.lost is not None
    assert (report.lost.index, report.lost.why) == (2, "was killed by SIGKILL")
    assert results(crew.work([2, 3], unwanted)) == [2, 3]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_hangs_is_ended(hired: Hired, tmp_path: Path) -> None:
    crew = hired(partial(ended_once, tmp_path, 2, signal.SIGSTOP), still_s=0.3)
    report = crew.work([1], unwanted)
    report = crew.work([2], unwanted) if report.lost is None else report
    assert report.lost is not None and "used no processor time for" in report.lost.why


def test_what_takes_too_long_or_is_not_wanted_is_ended(hired: Hired) -> None:
    crew = hired(time.sleep, patience_s=0.2)
    slow = crew.work([60], unwanted)
    assert slow.lost is not None and slow.lost.why == "did not end within 0.2 s"
    gone = crew.work([60], lambda: True)
    assert gone.lost is not None and gone.lost.why == NOT_WANTED


def test_a_process_that_is_not_needed_ends_and_comes_again(hired: Hired) -> None:
    crew = hired(where, idle_s=0.2)
    (first,) = results(crew.work([1], unwanted))
    assert first[2:] == ("3", "3")
    assert crew._process is not None and crew._process.wait(30) == 0 and crew.is_idle()
    (second,) = results(crew.work([1], unwanted))
    assert first[1] != second[1]
    crew.stop()
    assert crew.work([1], unwanted).lost is not None  # nothing is begun after the end of the map


@pytest.mark.cluster
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_process_goes_with_its_worker_even_while_it_works(tmp_path: Path) -> None:
    program = (
        "import pickle, time, functools, pathlib, sys; from diffrendergan.runs.cluster.crew import Crew;"
        "from diffrendergan.runs.cluster.messages import Order; from tests.runs.cluster.work import waits;"
        "function = functools.partial(waits, pathlib.Path(sys.argv[1]));"
        "Crew(Order(pickle.dumps(function), 1, '.', 60), 60, None).work([60], lambda: False)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    worker = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=environment)
    told = tmp_path / "process"
    deadline = time.monotonic() + 60
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child = int(told.read_text())
    worker.kill()
    worker.wait()
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(child, 0)
            time.sleep(0.02)
        pytest.fail("the process outlived its worker")
