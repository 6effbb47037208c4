"""Slurm's commands, stood in for by scripts that start what they are given on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

from tests.runs.cluster.conftest import until
from tests.runs.cluster.work import drawn

from diffrendergan.errors import MissingDependencyError, RunFolderError
from diffrendergan.runs.cluster.backend import on_cluster
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import SilentReporter

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900), pytest.mark.skipif(os.name != "posix", reason="shell")]
SILENT = SilentReporter()
COMMANDS = {
    "sbatch": 'for script; do :; done; setsid sh "$script" > "$JOB.log" 2>&1 & echo $! > "$JOB"; echo "7;one"',
    "srun": 'exec "$@"',
    "squeue": 'kill -0 $(cat "$JOB") 2>/dev/null && echo "RUNNING None"; true',
    "scancel": 'kill -- -$(cat "$JOB") 2>/dev/null; touch "$JOB.cancelled"',
}


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that holds the number of the job's process."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in COMMANDS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("JOB", str(tmp_path / "job"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    return tmp_path / "job"


def test_workers_of_a_job_work_by_tls_and_go_at_the_end(job: Path, tmp_path: Path) -> None:
    script = tmp_path / "workers.sh"
    script.write_text(
        f"srun {sys.executable} -m distributed.cli.dask_worker --nthreads 1 --no-dashboard --death-timeout 60\n"
    )
    folder = tmp_path / "run"
    with on_cluster(f"slurm:{script}", folder, SILENT):
        assert list(map_indices(drawn, range(5), SILENT, "")) == [drawn(index) for index in range(5)]
        (keys,) = folder.glob(".keys-*")
        assert keys.stat().st_mode & 0o77 == 0 and all(path.stat().st_mode & 0o77 == 0 for path in keys.iterdir())
        assert "tls://" in Path(f"{job}.log").read_text()
    assert Path(f"{job}.cancelled").exists() and not list(folder.iterdir())
    process = int(job.read_text())
    until(lambda: not Path(f"/proc/{process}").exists() or "Z" in Path(f"/proc/{process}/stat").read_text().split())


def test_a_job_that_ends_at_once_and_no_slurm(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "workers.sh"
    script.write_text("true\n")
    with (
        pytest.raises(RunFolderError, match="job 7 of Slurm has ended, and there is no worker left"),
        on_cluster(f"slurm:{script}", tmp_path / "run", SILENT),
    ):
        list(map_indices(drawn, range(3), SILENT, ""))
    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(MissingDependencyError, match="there is no sbatch here"),
        on_cluster(f"slurm:{script}", tmp_path / "run", SILENT),
    ):
        list(map_indices(drawn, range(3), SILENT, ""))
