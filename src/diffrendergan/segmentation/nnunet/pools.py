"""Threads where nnU-Net starts pools of processes; used in the worker's process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from typing import Any


class _Threads:
    """Stands for the context `spawn`, as far as nnU-Net asks it for pools."""

    Pool = staticmethod(ThreadPool)


@contextmanager
def threads_for_processes() -> Iterator[None]:
    """Let pools of spawned processes be pools of as many threads.

    nnU-Net starts one for the fingerprint, and two for the validation of each fold. Each process of them imports torch
    and nnU-Net anew, which takes longer than what it then does: seconds, for milliseconds with images such as ours.
    """
    before: Any = multiprocessing.get_context

    def get_context(method: str | None = None) -> Any:
        return _Threads if method == "spawn" else before(method)

    multiprocessing.get_context = get_context
    try:
        yield
    finally:
        multiprocessing.get_context = before
