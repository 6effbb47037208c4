"""One process for what would keep the page waiting: reading scans, cutting tiles, measuring edited particles.

It is started anew (`spawn`), so that it shares nothing with the page, and it never imports the page's libraries.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from diffrendergan.errors import RunFolderError

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """Calls functions in a process of its own, one after the other."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def call(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Return what a function of a module returns, while the page goes on.

        Raises
        ------
        RunFolderError
            If the process died; the next call starts another one.
        Exception
            What the function raised.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        pool = self._pool
        try:
            future = pool.submit(function, *given, **named)
            return await asyncio.wrap_future(future)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise RunFolderError(
                "the process that reads scans died (perhaps of too little memory); try again."
            ) from error

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
