"""The cluster as a backend of the map over indices: what `--cluster` sets."""

from __future__ import annotations

import pickle
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from diffrendergan.runs.atomic import PARTIAL, write_bytes
from diffrendergan.runs.cluster.node import describe_node
from diffrendergan.runs.cluster.opening import Opened, opened, require_dask
from diffrendergan.runs.cluster.place import Place, parse_place
from diffrendergan.runs.cluster.plan import Plan
from diffrendergan.runs.cluster.rules import RULES
from diffrendergan.runs.cluster.tasks import Call
from diffrendergan.runs.cluster.team import Team
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.executor import mapping_on
from diffrendergan.runs.reporter import Reporter

T = TypeVar("T")

_CALL = f"{PARTIAL}map-"
"""Files with functions begin so."""
_OLD_S = 7 * 86400.0
"""No map lasts so long [s]: what is older was left by a command that was killed."""


def check_cluster(said: str | None) -> None:
    """Refuse what names no cluster, before anything is loaded.

    Raises
    ------
    ConfigError
        If what was said names no cluster.
    MissingDependencyError
        If Dask is not installed.
    """
    if said is not None:
        parse_place(said)
        require_dask()


@contextmanager
def on_cluster(said: str | None, folder: Path, reporter: Reporter) -> Iterator[None]:
    """Let all maps in the block be done by a cluster, if one is named.

    Parameters
    ----------
    said : str or None
        See `parse_place`.
    folder : Path
        Of the results; all workers must share it.
    reporter : Reporter
        Is told of the cluster, and of what happens to workers.

    Raises
    ------
    ConfigError
        If what was said names no cluster.
    MissingDependencyError
        If Dask is not installed.
    """
    if said is None:
        yield
        return
    check_cluster(said)
    backend = partial(ClusterBackend, parse_place(said), folder.resolve(), reporter)
    with ExitStack() as stack, mapping_on(backend(stack)):
        yield


class ClusterBackend:
    """Does maps on a cluster, which is opened for the first one and stays until the stack ends.

    Parameters
    ----------
    place : Place
    folder : Path
        See `on_cluster`.
    reporter : Reporter
    stack : ExitStack
    """

    def __init__(self, place: Place, folder: Path, reporter: Reporter, stack: ExitStack) -> None:
        self._place, self._folder, self._reporter, self._stack = place, folder, reporter, stack
        self._opened: Opened | None = None
        self._here = describe_node()

    def results(
        self, function: Callable[[int], T], indices: Sequence[int], reporter: Reporter, description: str
    ) -> Iterator[T]:
        """Yield the results of a function for each index, in the order of the indices; see `map_indices`."""
        if self._opened is None:
            self._opened = self._stack.enter_context(opened(self._place, self._folder, self._reporter))
        with self._sent(function) as call:
            plan = Plan(indices)
            team = Team(self._opened.client, call, plan, self._reporter, self._opened.waiting)
            try:
                while not plan.finished:
                    team.advance()
                    one = plan.pop()
                    if one is None:
                        team.wait()
                    elif one.kind == "result":
                        yield pickle.loads(one.payload)
                    else:
                        raise pickle.loads(one.payload)
            finally:
                team.leave()

    @contextmanager
    def _sent(self, function: Callable[[int], T]) -> Iterator[Call]:
        """Write a function where all workers can read it, as long as the map lasts."""
        data, name = pickle.dumps(function), secrets.token_hex(8)
        self._folder.mkdir(parents=True, exist_ok=True)
        _remove_left(self._folder)
        path = self._folder / f"{_CALL}{name}"
        write_bytes(path, data)
        try:
            yield Call(
                name, path, sha256_of(data), Path.cwd(), self._place.threads, RULES.still_s, self._place.patience_s,
                self._here, self._place.without_tls,
            )  # fmt: skip
        finally:
            path.unlink(missing_ok=True)


def _remove_left(folder: Path) -> None:
    """Remove what killed commands have left, but not what another one uses."""
    for left in folder.glob(f"{_CALL}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD_S:
                left.unlink()
