"""Schedulers and workers of Dask as processes of their own, killed, frozen, filled up and out of date."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

import psutil
from tests.runs.cluster.conftest import Started, free_port, start_scheduler, start_worker, until
from tests.runs.cluster.work import drawn, killed_always, on_a_disk, where, written
from tests.synthesis.test_stage import files, project_of

import diffrendergan
from diffrendergan.errors import RunFolderError
from diffrendergan.runs.cluster import team
from diffrendergan.runs.cluster.backend import on_cluster
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.stage import run_synthesize

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900), pytest.mark.skipif(os.name != "posix", reason="signals")]
SILENT = SilentReporter()


class Notes(SilentReporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)

    def said(self, part: str) -> bool:
        return any(part in line for line in self.lines)


def log_of(folder: Path) -> list[tuple[int, int]]:
    """Return which index was written by which worker."""
    path = folder / "written.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(index), int(worker)) for index, _, worker in map(str.split, lines)]


def test_a_killed_worker(scheduler: str, started: Started, tmp_path: Path) -> None:
    """Its nanny starts another; what it had is done by whoever is there; no file is written twice."""
    start_worker(started, scheduler, "--nworkers", "2")
    notes, got = Notes(), []
    with on_cluster(scheduler, tmp_path, notes):
        for index in map_indices(partial(written, tmp_path, 0.3), range(40), SILENT, ""):
            got.append(index)
            if index == 5:
                os.kill(log_of(tmp_path)[-1][1], signal.SIGKILL)
    assert got == [*range(40)] and notes.said("went; its part is handed to another")
    times = [index for index, _ in log_of(tmp_path)]
    assert len(times) - len(set(times)) <= 8  # what the dead one had done of its chunk, and could not tell
    assert {path.stem for path in tmp_path.glob("[0-9]*.txt")} == {str(index) for index in range(40)}
    assert len({worker for _, worker in log_of(tmp_path)}) >= 3


def test_a_frozen_worker(scheduler: str, started: Started, tmp_path: Path) -> None:
    """Nothing is heard of it: its part is handed to another; when it wakes up, its process has no worker."""
    for _ in range(2):
        start_worker(started, scheduler, "--no-nanny")
    notes, got, frozen = Notes(), [], None
    with on_cluster(scheduler, tmp_path, notes):
        for index in map_indices(partial(written, tmp_path, 0.2), range(30), SILENT, ""):
            got.append(index)
            if index == 4:
                frozen = log_of(tmp_path)[-1][1]
                os.kill(frozen, signal.SIGSTOP)
    assert frozen is not None
    os.kill(frozen, signal.SIGCONT)
    assert got == [*range(30)] and notes.said("went; its part is handed to another")


def test_a_killed_scheduler_and_the_same_command_again(started: Started, tmp_path: Path) -> None:
    port = free_port()
    first = start_scheduler(started, port)
    address = f"tcp://127.0.0.1:{port}"
    start_worker(started, address, "--nworkers", "1")
    got = []
    with (
        pytest.raises(RunFolderError, match="the scheduler of the cluster is gone; what is finished is kept"),
        on_cluster(address, tmp_path, SILENT),
    ):
        for index in map_indices(partial(written, tmp_path, 0.2), range(30), SILENT, ""):
            got.append(index)
            if index == 3:
                os.killpg(first.pid, signal.SIGKILL)
    assert 4 <= len(got) < 30 and got == [*range(len(got))]
    start_scheduler(started, port)
    start_worker(started, address, "--nworkers", "1")
    missing = [index for index in range(30) if not (tmp_path / f"{index}.txt").exists()]
    assert missing
    with on_cluster(address, tmp_path, SILENT):
        assert list(map_indices(partial(written, tmp_path, 0.0), missing, SILENT, "")) == missing


def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffrendergan.runs.cluster.opening.RULES", team.RULES.__class__(connect_s=1))
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(RunFolderError, match="there is no scheduler at"), on_cluster(address, tmp_path, SILENT):
        list(map_indices(drawn, range(3), SILENT, ""))


def test_another_version_is_refused_and_others_work(scheduler: str, started: Started, tmp_path: Path) -> None:
    copy = tmp_path / "older"
    source = Path(diffrendergan.__file__).parent
    shutil.copytree(source, copy / "diffrendergan", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "diffrendergan" / "version.py").write_text('"""Older."""\n\n__version__ = "0.0.9"\n')
    start_worker(started, scheduler, PYTHONPATH=os.pathsep.join([str(copy), *filter(None, sys.path)]))
    start_worker(started, scheduler)
    notes = Notes()
    with on_cluster(scheduler, tmp_path / "run", notes):
        until(lambda: list(map_indices(drawn, range(3), SILENT, "")) and notes.said("left out"))
        assert list(map_indices(drawn, range(8), SILENT, "")) == [drawn(index) for index in range(8)]
    assert notes.said(f"it has diffrendergan 0.0.9 (here {diffrendergan.__version__}); install the same there")


def test_a_worker_that_all_machines_can_reach_is_refused(scheduler: str, started: Started, tmp_path: Path) -> None:
    start_worker(started, scheduler, "--host", "0.0.0.0")
    start_worker(started, scheduler)
    notes = Notes()
    with on_cluster(scheduler, tmp_path / "run", notes):
        until(lambda: list(map_indices(drawn, range(3), SILENT, "")) and notes.said("left out"))
    assert notes.said("it listens to other machines at tcp://0.0.0.0:")


def test_a_full_disk_on_one_node(scheduler: str, started: Started, tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--uts", "hostname", "node-b"], capture_output=True, check=False).returncode:
        pytest.skip("this machine cannot take a second name")
    renamed = ("unshare", "--uts", "sh", "-c", 'hostname node-b && exec "$@"', "sh")
    start_worker(started, scheduler, first=renamed, DISK="/dev/full")
    start_worker(started, scheduler)
    notes = Notes()
    with on_cluster(scheduler, tmp_path, notes):
        until(lambda: {*map_indices(where_from, range(6), SILENT, "")} == {"node-b", os.uname().nodename})
        assert {*map_indices(partial(on_a_disk, tmp_path), range(12), SILENT, "")} == {os.uname().nodename}
    assert notes.said("node-b is left out: the disk that holds")


def where_from(index: int) -> str:
    time.sleep(0.2)
    return os.uname().nodename


def test_a_killed_command_leaves_no_process_behind(scheduler: str, started: Started, tmp_path: Path) -> None:
    start_worker(started, scheduler)
    program = (
        "import sys; from functools import partial; from pathlib import Path;"
        "from diffrendergan.runs.cluster.backend import on_cluster;"
        "from diffrendergan.runs.executor import map_indices; from diffrendergan.runs.reporter import SilentReporter;"
        "from tests.runs.cluster.work import waits; folder = Path(sys.argv[2]); silent = SilentReporter();\n"
        "with on_cluster(sys.argv[1], folder, silent): list(map_indices(partial(waits, folder), [600], silent, ''))"
    )
    command = started(sys.executable, "-c", program, scheduler, str(tmp_path))
    until(lambda: (tmp_path / "process").exists())
    child = int((tmp_path / "process").read_text())
    os.kill(command.pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{child}").exists())
    with on_cluster(scheduler, tmp_path, SILENT):  # and the worker works for the next
        assert list(map_indices(drawn, range(3), SILENT, "")) == [drawn(index) for index in range(3)]


def test_what_ends_every_process_is_named(scheduler: str, started: Started, tmp_path: Path) -> None:
    start_worker(started, scheduler, "--nworkers", "2")
    with (
        on_cluster(scheduler, tmp_path, SILENT),
        pytest.raises(RunFolderError, match=r"number 4 was tried 3 times, but it was killed by SIGKILL \(3×\)"),
    ):
        list(map_indices(partial(killed_always, 4), range(9), SILENT, ""))


def make_certificates(folder: Path) -> Path:
    """Make a certificate of its own that is trusted by itself."""
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=cluster",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
    return folder


def tls_options(keys: Path) -> list[str]:
    return ["--tls-ca-file", f"{keys}/ca.pem", "--tls-cert", f"{keys}/cert.pem", "--tls-key", f"{keys}/key.pem"]


def test_tls_and_who_has_another_certificate_or_none(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diffrendergan.runs.cluster.opening.RULES", team.RULES.__class__(connect_s=3))
    ours, others = make_certificates(tmp_path / "ours"), make_certificates(tmp_path / "others")
    port = free_port()
    start_scheduler(started, port, "--protocol", "tls", *tls_options(ours))
    start_worker(started, f"tls://127.0.0.1:{port}", *tls_options(ours))
    with on_cluster(f"tls://127.0.0.1:{port},certificates={ours},threads=2", tmp_path / "run", SILENT):
        told = list(map_indices(where, range(3), SILENT, ""))
    assert [(index, threads) for index, _, threads, _ in told] == [(0, "2"), (1, "2"), (2, "2")]
    for said in (f"tls://127.0.0.1:{port},certificates={others}", f"tcp://127.0.0.1:{port}"):
        with (
            pytest.raises(RunFolderError, match=r"there is no scheduler at .* that answers"),
            on_cluster(said, tmp_path / "run", SILENT),
        ):
            list(map_indices(drawn, range(3), SILENT, ""))


class Killing(Notes):
    """Kills a process that works, after the first image."""

    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def track(self, items: Iterable[Any], description: str, total: int | None = None) -> Iterator[Any]:
        for number, item in enumerate(items):
            yield item
            if number == 0:
                family = psutil.Process(self._worker).children(recursive=True)
                next(one for one in family if "diffrendergan.runs.cluster.child" in one.cmdline()).kill()


def test_images_are_the_same_by_two_workers_one_of_which_dies(scheduler: str, started: Started, tmp_path: Path) -> None:
    workers = start_worker(started, scheduler, "--nworkers", "2")
    run_synthesize(project_of(6), tmp_path / "one", SILENT)
    killing = Killing(workers.pid)
    with on_cluster(scheduler, tmp_path / "two", killing):
        run_synthesize(project_of(6), tmp_path / "two", killing)
    assert killing.said("was killed by SIGKILL")
    stage = tmp_path / "two" / "synthesize"
    assert files(stage) == files(tmp_path / "one" / "synthesize")
    assert len(files(stage)) > 18
