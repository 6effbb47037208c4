"""Which indices are handed out next, and what comes back: the order of a map, without any cluster."""

from __future__ import annotations

import pickle
import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.cluster.messages import Done
from diffrendergan.runs.cluster.rules import RULES
from diffrendergan.runs.words import listing


class Plan:
    """Places of a map's indices: to do, under way, done; given back in their order.

    Parameters
    ----------
    indices : sequence of int
    """

    def __init__(self, indices: Sequence[int]) -> None:
        self._indices = indices
        self._todo = deque(range(len(indices)))
        self._alone: deque[int] = deque()
        self._done: dict[int, Done] = {}
        self._next = 0
        self._end = len(indices)
        self._took: deque[float] = deque(maxlen=100)
        self._chunk = 1
        self._ended: dict[int, list[str]] = defaultdict(list)

    def take(self, workers: int) -> tuple[int, ...]:
        """Return the places of the next chunk, for one of so many workers; none if nothing may be begun now."""
        while self._alone:
            if (place := self._alone.popleft()) < self._end:
                return (place,)
        limit = min(self._end, self._next + RULES.ahead * self._chunk * workers)
        share = -(-len(self._todo) // (RULES.shares * workers))
        chunk: list[int] = []
        while self._todo and len(chunk) < max(1, min(self._chunk, share)) and self._todo[0] < limit:
            chunk.append(self._todo.popleft())
        return tuple(chunk)

    def indices(self, places: Sequence[int]) -> list[int]:
        """Return the indices at places."""
        return [self._indices[place] for place in places]

    def finish(self, places: Sequence[int], done: Sequence[Done]) -> tuple[int, ...]:
        """Take what was done of a chunk, in its order, and return the places that were not."""
        for place, one in zip(places, done, strict=False):
            if place in self._done or place < self._next:
                continue  # whoever finished first has done it
            self._done[place] = one
            if one.kind == "result":
                self._took.append(one.seconds)
            else:
                self._end = min(self._end, place + 1)  # the map ends with this error
        if self._took:
            usual = max(statistics.median(self._took), 1e-4)
            self._chunk = max(1, min(RULES.most_in_chunk, int(RULES.chunk_s / usual)))
        return tuple(places[len(done) :])

    def put_back(self, places: Sequence[int]) -> None:
        """Do places later, without blame."""
        self._todo = deque(sorted({*self._todo, *places}))

    def suspect(self, places: Sequence[int], why: str) -> None:
        """Do places again, one by one, after their process ended; whoever was alone in it is to blame.

        An index that has ended its process too often is not tried again: the map ends there, and names it.
        """
        for place in places:
            if len(places) == 1:
                self._ended[place].append(why)
            if len(self._ended[place]) >= RULES.attempts:
                error = pickle.dumps(RunFolderError(self._blame(place)))
                self.finish([place], [Done(self._indices[place], "error", error, 0.0, 0.0)])
            else:
                self._alone.append(place)

    def _blame(self, place: int) -> str:
        told = listing([f"{why} ({count}×)" for why, count in Counter(self._ended[place]).items()])
        return (
            f"number {self._indices[place]} was tried {RULES.attempts} times, but it {told}, most likely since the "
            "memory was full or a file cannot be read; what is finished is kept, and the same command continues: give "
            "it with fewer workers on a machine, or without --cluster."
        )

    def pop(self) -> Done | None:
        """Return what is done of the next place; None if it is not."""
        one = None if self.finished else self._done.pop(self._next, None)
        self._next += one is not None
        return one

    @property
    def finished(self) -> bool:
        """Whether all was given back."""
        return self._next >= self._end
