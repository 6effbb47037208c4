"""The workers of a cluster during one map: who is there, who can work, who has what."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.cluster.messages import Report
from diffrendergan.runs.cluster.plan import Plan
from diffrendergan.runs.cluster.rules import RULES
from diffrendergan.runs.cluster.tasks import Call, Greeting, dismiss, greet, work
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural

Waiting = Callable[[float], str]
"""Says after so many seconds [s] without a worker what is waited for; raises where nothing is."""


@dataclass(frozen=True)
class Given:
    """A chunk that a worker has."""

    future: Any
    places: tuple[int, ...]


class Team:
    """Hands chunks of a plan to the workers of a cluster, one at a time to each, and takes what they have done.

    Parameters
    ----------
    client : distributed.Client
    call : Call
        Of the map.
    plan : Plan
    reporter : Reporter
        Is told who cannot work, and who went.
    waiting : callable
        See `Waiting`.
    """

    def __init__(self, client: Any, call: Call, plan: Plan, reporter: Reporter, waiting: Waiting) -> None:
        self._client, self._call, self._plan, self._reporter, self._waiting = client, call, plan, reporter, waiting
        self._greetings: dict[str, Any] = {}
        self._hosts: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._sick: dict[str, Exception] = {}
        self._given: dict[str, Given] = {}
        self._looked = self._alone_since = self._said = time.monotonic() - RULES.poll_s
        self.memory_mb = 0.0

    def advance(self) -> None:
        """Take what is done, see who is there, and hand out."""
        with self._reaching():
            if time.monotonic() - self._looked >= RULES.poll_s:
                self._look()
            for worker, given in list(self._given.items()):
                if given.future.done():
                    del self._given[worker]
                    self._take(worker, given)
            self._welcome()
            for worker in self._hosts:
                if worker not in self._given and self._hosts[worker] not in self._sick:
                    self._give(worker)

    def wait(self) -> None:
        """Wait until there may be something new."""
        from distributed import wait

        under_way = [*self._greetings.values(), *(given.future for given in self._given.values())]
        if not under_way:
            time.sleep(RULES.poll_s)
            return
        with self._reaching(), self._client.as_current(), suppress(TimeoutError):
            wait(under_way, timeout=RULES.poll_s, return_when="FIRST_COMPLETED")

    def leave(self) -> None:
        """End what still works for the map, and say how much memory its processes took."""
        if self.memory_mb:
            self._reporter.note(f"a worker's process took up to {self.memory_mb:.0f} MB of memory")
        with suppress(Exception):  # the cluster may be gone, which is said elsewhere
            self._client.cancel([given.future for given in self._given.values()], force=True)
            self._client.run(dismiss, self._call.name, workers=list(self._hosts), on_error="ignore")

    def _look(self) -> None:
        """See who is there: those who came are greeted, what those had who went is handed out anew."""
        there = set(self._client.nthreads())
        self._looked = time.monotonic()
        for worker in {*self._hosts, *self._greetings} - there:
            self._greetings.pop(worker, None)
            host = self._hosts.pop(worker, worker)
            if (given := self._given.pop(worker, None)) is not None:
                given.future.cancel()
                self._reporter.note(f"a worker on {host} went; its part is handed to another")
                self._plan.suspect(given.places, "went with its worker")
        for worker in there - {*self._hosts, *self._greetings, *self._refused}:
            self._greetings[worker] = self._ask(worker, greet, self._call)
        self._require_somebody()

    def _welcome(self) -> None:
        for worker, future in list(self._greetings.items()):
            if not future.done():
                continue
            del self._greetings[worker]
            found = self._answer(future)
            if isinstance(found, Exception):
                found = Greeting(worker, f"it cannot import diffrendergan as it is here ({found})")
            if found is None:
                continue
            if found.why_not:
                self._refused[worker] = f"{found.host}: {found.why_not}"
                self._reporter.note(f"a worker is left out. {self._refused[worker]}")
                continue
            if found.processor:
                self._reporter.note(f"{found.host} has another processor ({found.processor}): last digits may differ")
            self._hosts[worker] = found.host

    def _give(self, worker: str) -> None:
        places = self._plan.take(len(self._hosts))
        if places:
            future = self._ask(worker, work, self._call.name, self._plan.indices(places))
            self._given[worker] = Given(future, places)

    def _take(self, worker: str, given: Given) -> None:
        """Sort what came of a chunk: done, to be done again, or done by somebody who is better at it."""
        report, host = self._answer(given.future), self._hosts.get(worker, worker)
        if report is None:  # not greeted, or its scheduler has forgotten it
            self._hosts.pop(worker, None)
            self._plan.put_back(given.places)
            return
        if not isinstance(report, Report):
            self._hosts.pop(worker, None)
            self._plan.suspect(given.places, f"failed with {report}")
            return
        self.memory_mb = max(self.memory_mb, report.memory_mb)
        done = report.done
        if done and done[-1].kind == "machine":
            self._leave_out(host, pickle.loads(done[-1].payload))
            done = done[:-1]
        left = self._plan.finish(given.places, done)
        if report.lost is not None:
            self._reporter.note(f"number {report.lost.index} {report.lost.why} on {host}; it is handed out again")
            self._plan.suspect(left[:1], report.lost.why)
            left = left[1:]
        if left:
            self._plan.put_back(left)

    def _leave_out(self, host: str, error: Exception) -> None:
        """Give no more to a machine that has no disk or no memory left; the last one's error is raised."""
        self._sick[host] = error
        if all(other in self._sick for other in self._hosts.values()):
            raise error
        self._reporter.note(f"{host} is left out: {error}")

    def _require_somebody(self) -> None:
        now = time.monotonic()
        if self._hosts or self._greetings:
            self._alone_since = self._said = now
            return
        if self._sick:
            raise next(iter(self._sick.values()))
        if self._refused and now - self._alone_since > RULES.wait_s:
            raise RunFolderError(
                f"none of {plural(len(self._refused), 'worker')} can be used. {next(iter(self._refused.values()))}."
            )
        told = self._waiting(now - self._alone_since)
        if now - self._said > RULES.said_s:
            self._said = now
            self._reporter.note(told)

    def _ask(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._client.submit(function, *arguments, workers=[worker], allow_other_workers=False, pure=False)

    @staticmethod
    def _answer(future: Any) -> Any:
        """Return what a finished future holds, its exception, or None if it was forgotten."""
        if future.status == "finished":
            return future.result()
        return future.exception() if future.status == "error" else None

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        from distributed.client import ClosedClientError, FuturesCancelledError

        try:
            yield
            if self._client.status not in ("running", "connecting"):
                raise OSError("the connection is closed")
        except (OSError, ClosedClientError, FuturesCancelledError) as error:
            raise RunFolderError(
                "the scheduler of the cluster is gone; what is finished is kept: start it again, or leave --cluster "
                "out, and give the same command; it continues."
            ) from error
