"""One map over indices, in this process, in several or on a cluster: the same results, in the same order.

What is made of an index must depend on the index alone (seeds say so: `runs.seeds`), so that it does not matter where
and after what it is made. Whoever maps keeps what is finished, and maps over what is missing when it goes on.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.memory import collect_seldom
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.threads import COUNT, wait_without_spinning

T = TypeVar("T")
Tools = TypeVar("Tools")

AHEAD = 2
"""So many indices for each worker are under way or waiting to be taken, so that results do not pile up."""


class PerProcess(Generic[Tools, T]):
    """A function of an index with tools that cannot be sent, such as scenes and networks: each process makes its own.

    Parameters
    ----------
    make : callable
        Makes the tools, always the same; it can be pickled.
    work : callable
        Makes the result from the tools and an index; it can be pickled.
    tools : optional
        Those of this process, if they are at hand.
    """

    def __init__(self, make: Callable[[], Tools], work: Callable[[Tools, int], T], tools: Tools | None = None) -> None:
        self._make, self._work, self._tools = make, work, tools

    def __call__(self, index: int) -> T:
        """Return the result of an index."""
        if self._tools is None:
            self._tools = self._make()
        return self._work(self._tools, index)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_tools": None}


class Backend(Protocol):
    """Does elsewhere what is mapped."""

    def results(
        self, function: Callable[[int], T], indices: Sequence[int], reporter: Reporter, description: str
    ) -> Iterator[T]:
        """Yield the results of a function for each index, in the order of the indices; see `map_indices`."""
        ...


_backend: ContextVar[Backend | None] = ContextVar("backend", default=None)


@contextmanager
def mapping_on(backend: Backend) -> Iterator[None]:
    """Let a backend do all that `map_indices` is asked for in the block, however deep below it."""
    before = _backend.set(backend)
    try:
        yield
    finally:
        _backend.reset(before)


def maps_elsewhere() -> bool:
    """Tell whether a backend does what is mapped."""
    return _backend.get() is not None


def map_indices(
    function: Callable[[int], T], indices: Sequence[int], reporter: Reporter, description: str, workers: int = 1
) -> Iterator[T]:
    """Yield the results of a function for each index, in the order of the indices.

    Parameters
    ----------
    function : callable
        Depends on the index alone. Unless `workers` is 0 it can be pickled; see `PerProcess`.
    indices : sequence of int
        What to do.
    reporter : Reporter
        Shows progress.
    description : str
        Of what is done.
    workers : int
        Processes, which share the CPU's cores and end with the map, however it ends; 1 is this one. Where a backend
        is set (`mapping_on`), it does the work, unless the number is 0: then nothing leaves this process.

    Raises
    ------
    Exception
        The function's own, at its index: the results before it have been yielded.
    RunFolderError
        If a process was killed, for example because the memory was full.
    """
    backend = _backend.get() if workers and indices else None
    workers = min(workers, len(indices))
    if backend is not None:
        results = backend.results(function, indices, reporter, description)
    else:
        results = map(function, indices) if workers <= 1 else _from_processes(function, indices, workers)
    yield from reporter.track(results, description, len(indices))


def _from_processes(function: Callable[[int], T], indices: Sequence[int], workers: int) -> Iterator[T]:
    sent = pickle.dumps(function)
    threads = max(1, (os.cpu_count() or 1) // workers)
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks and threads half-way
    pool = ProcessPoolExecutor(workers, context, begin_process, (sent, threads))
    waiting, under_way = iter(indices), deque[Future[T]]()
    finished = False
    try:
        for index in waiting:
            under_way.append(pool.submit(call_sent, index))
            if len(under_way) >= AHEAD * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
        finished = True
    except BrokenProcessPool as error:
        raise RunFolderError(
            "a worker process was killed, most likely since the memory was full; give the same command again with "
            "fewer processes (compute.workers): it continues where it stopped."
        ) from error
    finally:
        if not finished:  # an error, Ctrl-C, or the caller wants no more
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


_sent: bytes = b""
_threads: int = 1
_function: Callable[[int], Any] | None = None


def begin_process(sent: bytes, threads: int) -> None:
    """Make a new process ready; the function is unpickled at its first index, so that its errors are told."""
    global _sent, _threads
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: the first one ends the others
    collect_seldom()
    _sent, _threads = sent, threads
    os.environ[COUNT] = str(threads)  # before NumPy and PyTorch are imported
    wait_without_spinning()


def call_sent(index: int) -> Any:
    """Return the result of an index, in a process that was made ready."""
    global _function
    if _function is None:
        _function = pickle.loads(_sent)
        if (torch := sys.modules.get("torch")) is not None:
            torch.set_num_threads(_threads)
        if (drjit := sys.modules.get("drjit")) is not None:
            drjit.set_thread_count(_threads)
    return _function(index)
