"""A worker's part of one map: it has chunks done by a process of its own, and watches over that."""

from __future__ import annotations

import os
import pickle
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from diffrendergan.runs.cluster.messages import Done, Lost, Order, Report, read_message, write_message
from diffrendergan.runs.cluster.rules import RULES
from diffrendergan.runs.processes import end_group, ended_by, own_group

_LIBRARIES_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")
NOT_WANTED = "is not wanted any more"
_LOOK_S = 0.5
"""Time between two looks at a process that does not answer [s]."""
_CPU_S = 0.02
"""Less processor time than this between two looks is none: the clock of the system goes in steps of 0.01 s."""


class Crew:
    """Does the indices of one map, one after the other, in a process that is made when there is work.

    Parameters
    ----------
    order : Order
        What the process is told at its beginning.
    still_s : float
        It hangs when it has used no processor time for so long [s].
    patience_s : float or None
        It hangs when an index takes longer [s]; None for the rules, which learn what is usual.
    """

    def __init__(self, order: Order, still_s: float, patience_s: float | None) -> None:
        self._order, self._still_s, self._patience_s = order, still_s, patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Done | None] = queue.Queue()
        self._took: list[float] = []
        self._busy = threading.Lock()
        self._stopped = False
        self._last = time.monotonic()

    def work(self, indices: Sequence[int], unwanted: Callable[[], bool]) -> Report:
        """Do indices, until one fails or is lost.

        Parameters
        ----------
        indices : sequence of int
        unwanted : callable
            Tells whether nobody waits for them any more; then the process is ended.
        """
        done: list[Done] = []
        memory = 0.0
        with self._busy:
            for index in indices:
                found = Lost(index, NOT_WANTED) if self._stopped else self._one(index, unwanted)
                self._last = time.monotonic()
                if isinstance(found, Lost):
                    return Report(tuple(done), found, memory)
                done.append(found)
                memory = max(memory, _memory_mb(self._process))
                if found.kind != "result":
                    break
        return Report(tuple(done), None, memory)

    def stop(self) -> None:
        """End the process whatever it does, and make no other; may be called from another thread."""
        self._stopped = True
        if (process := self._process) is not None:
            end_group(process.pid, now=True)
        if self._busy.acquire(blocking=False):
            self._end()
            self._busy.release()

    def is_idle(self) -> bool:
        """Tell whether there was nothing to do for so long that the process has ended."""
        return not self._busy.locked() and time.monotonic() - self._last > self._order.idle_s

    def _end(self) -> None:
        """End the process, and those it has started."""
        if self._process is not None:
            end_group(self._process.pid, now=True)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
            self._process = None

    def _one(self, index: int, unwanted: Callable[[], bool]) -> Done | Lost:
        try:
            process = self._ready()
            write_message(process.stdin, index)  # type: ignore[arg-type]
        except BrokenPipeError:
            self._answers.put(None)
        begun = moved = time.monotonic()
        used = _cpu_s(self._process)
        while True:
            try:
                answer = self._answers.get(timeout=_LOOK_S)
            except queue.Empty:
                now, cpu = time.monotonic(), _cpu_s(self._process)
                if abs(cpu - used) > _CPU_S:  # less, where a process of its own has ended
                    moved, used = now, cpu
                why = NOT_WANTED if unwanted() else self._hung(now - begun, now - moved)
                if why:
                    self._end()
                    return Lost(index, why)
                continue
            if answer is None:
                return Lost(index, self._how_ended())
            self._took.append(answer.seconds)
            return answer

    def _ready(self) -> subprocess.Popen[bytes]:
        """Return the process, a new one if there is none."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            # What the worker imports, the process must find.
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            environment |= {f"{name}_NUM_THREADS": str(self._order.threads) for name in _LIBRARIES_THREADS}
            command = [sys.executable, "-m", "diffrendergan.runs.cluster.child"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen(command, env=environment, **pipes, **own_group())  # type: ignore[call-overload]
            self._answers = queue.Queue()
            threading.Thread(target=_collect, args=(self._process.stdout, self._answers), daemon=True).start()
            write_message(self._process.stdin, self._order)  # type: ignore[arg-type]
        return self._process

    def _how_ended(self) -> str:
        assert self._process is not None
        status = self._process.wait()
        self._end()
        name = ended_by(status)
        return f"was killed by {name}" if name else f"ended its process with status {status}"

    def _hung(self, whole_s: float, still_s: float) -> str:
        """Say why an index hangs; nothing if it does not."""
        if still_s > self._still_s:
            return f"used no processor time for {still_s:.0f} s"
        longest = self._patience_s
        if longest is None and len(self._took) >= RULES.known_from:
            longest = max(RULES.least_patience_s, RULES.patience * statistics.median(self._took))
        if longest is not None and whole_s > longest:
            return f"did not end within {longest:g} s"
        return ""


def _collect(stream: Any, answers: queue.Queue[Done | None]) -> None:
    """Pass answers on; None when there can be no more."""
    try:
        while True:
            answers.put(read_message(stream))
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        answers.put(None)


def _cpu_s(process: subprocess.Popen[bytes] | None) -> float:
    """Return the processor time that a process and those it started have used [s]."""
    import psutil

    used = 0.0
    for one in _family(process):
        with suppress(psutil.Error):
            used += sum(one.cpu_times()[:2])
    return used


def _memory_mb(process: subprocess.Popen[bytes] | None) -> float:
    import psutil

    with suppress(psutil.Error):
        return float(sum(one.memory_info().rss for one in _family(process)[:1])) / 2**20
    return 0.0


def _family(process: subprocess.Popen[bytes] | None) -> list[Any]:
    """Return a process and those it started, as far as they are there."""
    import psutil

    with suppress(psutil.Error):
        if process is not None:
            first = psutil.Process(process.pid)
            return [first, *first.children(recursive=True)]
    return []
