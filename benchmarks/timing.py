"""Times and memory on a noisy machine: medians, and what is compared takes turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import drjit
import torch

from diffrendergan.pipeline.timing import peak_rss_mb

Work = Callable[[int], object]
"""Gets the number of the repeat; negative in the warm-up."""


def synchronize() -> None:
    """Wait until nothing is computed any more."""
    drjit.sync_thread()
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def seconds(work: Callable[[], object]) -> float:
    """Return the time of one call [s]."""
    synchronize()
    started = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - started


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median processor time of a call [ms], after two that are not timed."""
    taken = []
    for number in range(-2, repeats):
        start = time.process_time()
        work()
        drjit.sync_thread()
        if number >= 0:
            taken.append(time.process_time() - start)
    return 1000 * statistics.median(taken)


def median_seconds(work: Work, repeats: int, warm_up: int = 1) -> float:
    """Return the median time of `work(i)` [s]."""
    return interleaved({"work": (work, repeats)}, warm_up)["work"]


def interleaved(works: Mapping[str, tuple[Work, int]], warm_up: int = 1) -> dict[str, float]:
    """Return the median time of each work [s]; A, B, A, B, as evenly as the repeats allow.

    Parameters
    ----------
    works : mapping
        What to compare, each with how often it is timed; the rarest sets the number of rounds.
    warm_up : int
        Calls of each before, which are not timed.
    """
    for work, _ in works.values():
        for index in range(-warm_up, 0):
            work(index)
    times: dict[str, list[float]] = {name: [] for name in works}
    rounds = min(repeats for _, repeats in works.values())
    for number in range(rounds):
        for name, (work, repeats) in works.items():
            turn = range(number * repeats // rounds, (number + 1) * repeats // rounds)
            times[name] += [seconds(partial(work, index)) for index in turn]
    return {name: statistics.median(taken) for name, taken in times.items()}


def compiled_kernels(work: Callable[[], object]) -> int:
    """Return how many kernels Dr.Jit had to compile for a call: neither this process nor its disk cache had them."""
    drjit.kernel_history_clear()
    with drjit.scoped_set_flag(drjit.JitFlag.KernelHistory, True):
        work()
        synchronize()
        return sum(not entry.get("cache_hit", True) for entry in drjit.kernel_history())


def reset_peak() -> None:
    """Let the peak of resident memory start anew (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def resident_mb() -> float:
    """Return the resident memory of this process now [MB] (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def peak_mb() -> float:
    """Return the largest resident memory since `reset_peak` [MB]."""
    return peak_rss_mb() or float("nan")


def device_mb() -> float | None:
    """Return the memory in use on the GPU [MB], with what the libraries keep for later; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return (total - free) / 2**20
