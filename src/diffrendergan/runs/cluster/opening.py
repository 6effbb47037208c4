"""Connecting to a cluster, or making one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diffrendergan.errors import MissingDependencyError, RunFolderError, first_line
from diffrendergan.runs.cluster.place import CERTIFICATES, Place
from diffrendergan.runs.cluster.rules import RULES
from diffrendergan.runs.cluster.slurm import slurm_job
from diffrendergan.runs.cluster.team import Waiting
from diffrendergan.runs.reporter import Reporter

LOOPBACK = "127.0.0.1:0"


@dataclass(frozen=True)
class Opened:
    """A cluster that can be asked.

    Attributes
    ----------
    client : distributed.Client
    waiting : callable
        See `team.Waiting`.
    """

    client: Any
    waiting: Waiting


def require_dask() -> None:
    """Make sure that Dask is there.

    Raises
    ------
    MissingDependencyError
        If it is not.
    """
    if find_spec("distributed") is None:
        raise MissingDependencyError('--cluster needs Dask; install it with `pip install "diffrendergan[cluster]"`.')


@contextmanager
def opened(place: Place, folder: Path, reporter: Reporter) -> Iterator[Opened]:
    """Give a cluster; what was made for it ends with the block.

    Parameters
    ----------
    place : Place
    folder : Path
        That all workers share; gets what the jobs of Slurm must know.
    reporter : Reporter
        Is told where the cluster can be watched.

    Raises
    ------
    RunFolderError
        If there is no scheduler, or Slurm does not take the job.
    """
    import dask
    import distributed  # noqa: F401 (its own settings must be there before others are laid over them)

    settings: dict[str, object] = {
        "distributed.comm.timeouts.connect": RULES.connect_s,
        # Workers in this process cannot go without it.
        "distributed.scheduler.worker-ttl": None if place.kind == "local" else RULES.lost_s,
        "distributed.scheduler.allowed-failures": RULES.attempts,
    }
    if place.kind in ("local", "slurm"):  # where our own scheduler shows it
        settings["distributed.dashboard.link"] = "{scheme}://127.0.0.1:{port}/status"
    with dask.config.set(settings), _quiet():
        if place.kind == "local":
            with _local(place) as cluster, _client(cluster, reporter) as client:
                yield Opened(client, _patient(place))
        elif place.kind == "slurm":
            with slurm_job(place, folder, reporter) as (cluster, waiting), _client(cluster, reporter) as client:
                yield Opened(client, waiting)
        else:
            with _client(place.address, reporter, _security(place)) as client:
                yield Opened(client, _patient(place))


@contextmanager
def _local(place: Place) -> Iterator[Any]:
    """Make workers in this process, which talk through its memory: only the dashboard listens, to this machine."""
    from distributed import LocalCluster

    cluster = LocalCluster(
        processes=False, n_workers=place.workers, threads_per_worker=1, protocol="inproc", memory_limit=0,
        dashboard_address=LOOPBACK, worker_dashboard_address=LOOPBACK, silence_logs=logging.CRITICAL,
    )  # fmt: skip
    with cluster:
        yield cluster


@contextmanager
def _client(where: Any, reporter: Reporter, security: Any = None) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(where, security=security, set_as_default=False, timeout=RULES.connect_s)
    except (OSError, ValueError, RuntimeError) as error:
        raise RunFolderError(
            f"there is no scheduler at {where} that answers ({first_line(error)}); start it, or see that address and "
            "certificates are right."
        ) from error
    try:
        if find_spec("bokeh") is not None and client.dashboard_link:
            reporter.note(f"the cluster can be watched at {client.dashboard_link}")
        yield client
    finally:
        client.close(timeout=5)


def _security(place: Place) -> Any:
    """Return the certificates; those of Dask's own configuration where no folder is named."""
    from distributed.security import Security

    if place.kind != "tls":
        return None
    if place.certificates is None:
        return Security(require_encryption=True)
    authority, certificate, key = (str((place.certificates / name).resolve()) for name in CERTIFICATES)
    return Security(require_encryption=True, tls_ca_file=authority, tls_client_cert=certificate, tls_client_key=key)


def _patient(place: Place) -> Waiting:
    where = place.address or "the local cluster"

    def waiting(seconds: float) -> str:
        if seconds > RULES.wait_s:
            raise RunFolderError(
                f"{where} has had no worker that can be used for {seconds:.0f} s; start some (`dask worker`), and give "
                "the same command again: it continues where it stopped."
            )
        return f"waiting for a worker at {where}"

    return waiting


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask log nothing: what matters is said by us."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
