"""Maps on a local cluster: Dask's workers in this process, each with a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
if not sys.platform.startswith("linux"):
    pytest.skip("signals, and how Linux shows processes", allow_module_level=True)

from tests.runs.cluster.conftest import until
from tests.runs.cluster.work import Tools, all_told, drawn, ends_and_refuses, on_a_disk, written

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.runs.cluster import team
from diffrendergan.runs.cluster.backend import on_cluster
from diffrendergan.runs.executor import PerProcess, map_indices, maps_elsewhere
from diffrendergan.runs.reporter import SilentReporter

SILENT = SilentReporter()


class Notes(SilentReporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture(scope="module")
def notes() -> Notes:
    return Notes()


@pytest.fixture(scope="module")
def cluster(notes: Notes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two workers; its folder."""
    folder = tmp_path_factory.mktemp("cluster")
    with on_cluster("local:2,threads=3", folder, notes):
        yield folder


def test_the_same_results_in_the_same_order_by_processes_that_make_their_tools_once(cluster: Path) -> None:
    indices = [5, 0, 3, 9, 1, 7, 2]
    assert maps_elsewhere()
    told = list(map_indices(PerProcess(Tools, all_told), indices, SILENT, "", workers=5))
    assert [index for index, *_ in told] == indices
    assert [numbers for _, numbers, *_ in told] == [drawn(index) for index in indices]
    assert {threads for *_, threads, _ in told} == {"3"} and all(own for *_, own in told)
    processes = {process for _, _, process, *_ in told}
    assert len(processes) <= 2 and os.getpid() not in processes
    # What cannot be sent stays here.
    assert list(map_indices(lambda index: os.getpid(), [1], SILENT, "", workers=0)) == [os.getpid()]
    assert list(map_indices(drawn, [], SILENT, "")) == []
    assert not list(cluster.iterdir())


def test_what_kills_its_process_is_done_again_and_an_error_comes_in_its_turn(
    cluster: Path, notes: Notes, tmp_path: Path
) -> None:
    got = []
    with pytest.raises(DataError, match="image 5 is bad"):
        for index in map_indices(partial(ends_and_refuses, tmp_path, 3, 5), range(9), SILENT, ""):
            got.append(index)
    assert got == [*range(5)]
    assert any("number 3 was killed by SIGKILL" in line for line in notes.lines)
    assert any("process took up to" in line for line in notes.lines)


def test_a_full_disk_is_told(cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISK", "/dev/full")
    with pytest.raises(RunFolderError, match="is full; free some space"):
        list(map_indices(partial(on_a_disk, tmp_path), [1], SILENT, ""))


def test_another_version_is_refused(cluster: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffrendergan.runs.cluster import tasks

    usual = tasks.describe_node
    monkeypatch.setattr(tasks, "describe_node", lambda: {**usual(), "mitsuba": "3.8.0"})
    monkeypatch.setattr(team, "RULES", team.RULES.__class__(wait_s=0.1, poll_s=0.1))
    with pytest.raises(RunFolderError, match=r"none of 2 workers can be used\. .*: it has mitsuba 3\.8\.0 \(here "):
        list(map_indices(drawn, range(3), SILENT, ""))


def test_processes_end_when_the_caller_stops(cluster: Path, tmp_path: Path) -> None:
    results = map_indices(partial(written, tmp_path, 0.0), range(50), SILENT, "")
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    lines = (tmp_path / "written.log").read_text().split()
    for process in {int(number) for number in lines[1::3]}:
        until(lambda process=process: not Path(f"/proc/{process}").exists())
