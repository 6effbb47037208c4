from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.runs import seeds
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.reporter import SilentReporter


def drawn(index: int) -> np.ndarray:
    return seeds.generator(3, "executor", index).normal(size=5)


def drawn_and_where(index: int) -> tuple[list[float], int, str, str]:
    return drawn(index).tolist(), os.getpid(), os.environ["OMP_NUM_THREADS"], multiprocessing.current_process().name


def refuses(bad: int, index: int) -> int:
    if index == bad:
        raise DataError(f"image {index} is bad.")
    return index


def killed(index: int) -> int:
    if index == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return index


class Tools:
    """Cannot be sent."""

    def __init__(self) -> None:
        self.made_in = os.getpid()

    def __reduce__(self) -> Any:
        raise TypeError("tools cannot be sent")


def worked(tools: Tools, index: int) -> tuple[int, bool]:
    return index * index, tools.made_in == os.getpid()


class Counting(SilentReporter):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def track(self, items: Iterable[Any], description: str, total: int | None = None) -> Iterator[Any]:
        self.told += [description, total]
        for item in items:
            yield item
            self.told.append("done")


def test_any_number_of_workers_gives_the_same_in_the_same_order() -> None:
    indices = [5, 0, 3, 9, 1, 7, 2]
    before = os.environ.get("OMP_NUM_THREADS")
    alone = list(map_indices(drawn, indices, SilentReporter(), "draw"))
    reporter = Counting()
    shared = list(map_indices(drawn_and_where, indices, reporter, "draw", workers=2))
    assert [numbers for numbers, *_ in shared] == [one.tolist() for one in alone]
    assert os.getpid() not in {process for _, process, *_ in shared}
    # Two processes share the cores.
    assert {threads for _, _, threads, _ in shared} == {str(max(1, (os.cpu_count() or 1) // 2))}
    assert os.environ.get("OMP_NUM_THREADS") == before
    assert reporter.told == ["draw", 7, *7 * ["done"]]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_an_exception_is_that_of_the_caller_after_what_came_before(workers: int) -> None:
    got = []
    with pytest.raises(DataError, match="image 2 is bad"):
        for result in map_indices(partial(refuses, 2), range(6), SilentReporter(), "", workers):
            got.append(result)
    assert got == [0, 1]
    assert not multiprocessing.active_children()


def test_processes_end_when_the_caller_stops() -> None:
    results = map_indices(partial(refuses, -1), range(50), SilentReporter(), "", 2)
    assert next(results) == 0 and multiprocessing.active_children()
    results.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_a_killed_process_is_told_of_and_waits_for_nothing() -> None:
    with pytest.raises(RunFolderError, match="a worker process was killed"):
        list(map_indices(killed, range(4), SilentReporter(), "", 2))
    assert not multiprocessing.active_children()


def test_one_worker_or_one_index_needs_no_process() -> None:
    unsendable = lambda index: (index, os.getpid())  # noqa: E731 (a lambda cannot be sent)
    assert list(map_indices(unsendable, range(3), SilentReporter(), "")) == [(k, os.getpid()) for k in range(3)]
    assert list(map_indices(unsendable, [4], SilentReporter(), "", 8)) == [(4, os.getpid())]
    assert list(map_indices(unsendable, [], SilentReporter(), "", 2)) == []


def test_tools_are_made_in_each_process() -> None:
    at_hand = PerProcess(Tools, worked, Tools())
    wanted = [(k * k, True) for k in range(4)]
    assert list(map_indices(at_hand, range(4), SilentReporter(), "")) == wanted
    assert list(map_indices(at_hand, range(4), SilentReporter(), "", 2)) == wanted
    assert list(map_indices(PerProcess(Tools, worked), range(4), SilentReporter(), "")) == wanted
