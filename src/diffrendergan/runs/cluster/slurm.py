"""A scheduler in this process, and a job of Slurm whose workers come to it, with certificates of their own."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffrendergan.errors import MissingDependencyError, RunFolderError
from diffrendergan.runs.cluster.place import CERTIFICATES, Place
from diffrendergan.runs.cluster.team import Waiting
from diffrendergan.runs.reporter import Reporter

_TLS = "DASK_DISTRIBUTED__COMM__"
_COMMAND_S = 60.0
"""Slurm answers within this, or does not [s]."""


@contextmanager
def slurm_job(place: Place, folder: Path, reporter: Reporter) -> Iterator[tuple[Any, Waiting]]:
    """Give a cluster whose workers a job of Slurm starts; it is cancelled when the block ends.

    The job is told by environment variables where the scheduler is and where the certificates lie, so that its script
    need not say more than ``srun dask worker``. Scheduler, workers and we know each other by a certificate that is made
    now, and lies in a folder that the owner alone can read.

    Parameters
    ----------
    place : Place
    folder : Path
        That all machines share.
    reporter : Reporter

    Raises
    ------
    MissingDependencyError
        If Slurm or `cryptography` is not there.
    RunFolderError
        If Slurm does not take the job.
    """
    from distributed import LocalCluster
    from distributed.utils import get_ip

    assert place.script is not None
    if shutil.which("sbatch") is None:
        raise MissingDependencyError(
            "--cluster slurm: there is no sbatch here; give the command on a machine that can submit jobs to Slurm."
        )
    with _certificates(folder) as (security, keys):
        cluster = LocalCluster(
            n_workers=0, protocol="tls", security=security, host=place.host or get_ip(),
            dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
        )  # fmt: skip
        with cluster:
            job = _submit(place.script, cluster.scheduler_address, keys)
            reporter.note(f"job {job} of Slurm starts workers for {cluster.scheduler_address}")
            try:
                yield cluster, _waiting(job, place.script)
            finally:
                _slurm("scancel", "--quiet", job)


@contextmanager
def _certificates(folder: Path) -> Iterator[tuple[Any, Path]]:
    """Make a certificate for all sides, and write it where only we, and what Slurm runs for us, can read it."""
    from distributed.security import Security

    try:
        security = Security.temporary()
    except ImportError as error:
        raise MissingDependencyError(
            '--cluster slurm needs cryptography; install it with `pip install "diffrendergan[cluster]"`.'
        ) from error
    keys = folder / f".keys-{secrets.token_hex(4)}"
    keys.mkdir(parents=True, mode=0o700)
    try:
        parts = (security.tls_ca_file, security.tls_worker_cert, security.tls_worker_key)
        for name, text in zip(CERTIFICATES, parts, strict=True):
            (keys / name).touch(mode=0o600)
            (keys / name).write_text(text, encoding="ascii")
        yield security, keys
    finally:
        shutil.rmtree(keys, ignore_errors=True)


def _submit(script: Path, address: str, keys: Path) -> str:
    """Return the number of the job."""
    authority, certificate, key = (str(keys / name) for name in CERTIFICATES)
    environment = {
        "DASK_SCHEDULER_ADDRESS": address,
        f"{_TLS}REQUIRE_ENCRYPTION": "True",
        f"{_TLS}TLS__CA_FILE": authority,
        f"{_TLS}TLS__WORKER__CERT": certificate,
        f"{_TLS}TLS__WORKER__KEY": key,
    }
    done = _slurm("sbatch", "--parsable", "--export=ALL", str(script.resolve()), environment=environment)
    if done is None or done.returncode:
        said = (done.stderr.strip().splitlines() or ["no answer"])[-1] if done else "no answer"
        raise RunFolderError(f"Slurm does not take {script} ({said}); try it with `sbatch {script}`.")
    return done.stdout.strip().partition(";")[0]


def _waiting(job: str, script: Path) -> Waiting:
    """Wait for workers as long as the job waits or runs."""

    def waiting(seconds: float) -> str:
        done = _slurm("squeue", "--noheader", "--job", job, "--format", "%T %r")
        state = "" if done is None else done.stdout.strip()
        if done is not None and not state:
            raise RunFolderError(
                f"job {job} of Slurm has ended, and there is no worker left; see what it wrote, and {script}. What is "
                "finished is kept: the same command continues."
            )
        return f"waiting for workers: job {job} of Slurm is {state or 'somewhere, Slurm does not answer'}"

    return waiting


def _slurm(*command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str] | None:
    """Return what a command of Slurm answered; None if it did not."""
    try:
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_COMMAND_S,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
