"""What the workers of a cluster are asked for; Dask runs these functions there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from diffrendergan.runs.cluster.crew import Crew
from diffrendergan.runs.cluster.messages import Order, Report
from diffrendergan.runs.cluster.node import describe_node, differences, host_name, other_processor, unlike_shared
from diffrendergan.runs.cluster.place import is_loopback
from diffrendergan.runs.cluster.rules import RULES

_CREWS = "diffrendergan_crews"
"""Attribute of a worker: those who work there, by the name of their map."""


@dataclass(frozen=True)
class Call:
    """One map, as workers are told of it.

    Attributes
    ----------
    name : str
        Its own.
    file : Path
        Holds the pickled function; whoever can read it shares our files.
    digest : str
        Of that file.
    folder : Path
        Where relative paths begin.
    threads : int
    still_s : float
    patience_s : float or None
        See `Crew`.
    here : mapping
        What is installed where the command was given.
    without_tls : bool
        Others may reach the workers.
    """

    name: str
    file: Path
    digest: str
    folder: Path
    threads: int
    still_s: float
    patience_s: float | None
    here: Mapping[str, str]
    without_tls: bool = False


@dataclass(frozen=True)
class Greeting:
    """What a worker answers to a call.

    Attributes
    ----------
    host : str
        Its machine.
    why_not : str
        Why it cannot work; empty if it can.
    processor : str
        Its processor, if that is of another kind than ours.
    """

    host: str
    why_not: str = ""
    processor: str = ""


def greet(call: Call) -> Greeting:
    """Get ready for a map, if this machine has the same programs and files."""
    host, there = host_name(), describe_node()
    if told := differences(call.here, there):
        return Greeting(host, f"it has {told}; install the same there")
    if not call.folder.is_dir():
        return Greeting(host, f"it has no folder {call.folder}; work in a folder that all machines share")
    if told := unlike_shared(call.file, call.digest):
        return Greeting(host, f"{told}; work in a folder that all machines share")
    if not call.without_tls and (address := _open_address()):
        return Greeting(
            host, f"it listens to other machines at {address} without TLS; start it with --host 127.0.0.1, or with TLS"
        )
    crews = _crews()
    for name in [name for name, crew in crews.items() if crew.is_idle()]:
        crews.pop(name).stop()
    order = Order(call.file.read_bytes(), call.threads, str(call.folder), RULES.idle_s)
    crews[call.name] = Crew(order, call.still_s, call.patience_s)
    return Greeting(host, processor=other_processor(call.here, there))


def work(name: str, indices: Sequence[int]) -> Report | None:
    """Do a chunk of a map; None if this worker was not greeted for it."""
    crew = _crews().get(name)
    return None if crew is None else crew.work(indices, _unwanted())


def dismiss(name: str, dask_worker: Any) -> None:
    """End what works for a map, whatever it does. To be run beside the worker's tasks."""
    crew = getattr(dask_worker, _CREWS, {}).pop(name, None)
    if crew is not None:
        crew.stop()


def _crews() -> dict[str, Crew]:
    from distributed import get_worker

    crews: dict[str, Crew] = get_worker().__dict__.setdefault(_CREWS, {})
    return crews


def _open_address() -> str:
    """Return an address of this worker that others can reach, and send programs to, without a certificate."""
    from distributed import get_worker

    for listener in get_worker().listeners:
        parts = urlsplit(listener.listen_address)
        if parts.scheme == "tcp" and not is_loopback(parts.hostname or ""):
            return str(listener.listen_address)
    return ""


def _unwanted() -> Callable[[], bool]:
    """Return what tells whether the task that runs was cancelled, as tasks are whose command has gone."""
    from distributed import get_worker

    worker = get_worker()
    key, tasks = worker.get_current_task(), worker.state.tasks

    def unwanted() -> bool:
        task = tasks.get(key)
        return task is None or task.state == "cancelled"

    return unwanted
