"""Schedulers and workers as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

Started = Callable[..., subprocess.Popen[bytes]]


def until(found: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not found():
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Return what starts a program of Dask in a group of its own; all end with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(path for path in sys.path if path)
        quick = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s", "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        with (tmp_path / f"{len(running)}.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, stdout=log, stderr=log, start_new_session=True, env={**os.environ, **quick, **environment}
                )
            )
        return running[-1]

    yield start
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def scheduler(started: Started) -> str:
    """Address of a scheduler that only this machine can reach."""
    port = free_port()
    start_scheduler(started, port)
    return f"tcp://127.0.0.1:{port}"


def start_scheduler(started: Started, port: int, *options: str) -> subprocess.Popen[bytes]:
    found = started(
        sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port),
        "--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options,
    )  # fmt: skip
    until(lambda: answers(port))
    return found


def start_worker(started: Started, address: str, *options: str, first: tuple[str, ...] = (), **environment: str):
    return started(
        *first, sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--host", "127.0.0.1",
        "--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options, **environment,
    )  # fmt: skip
