"""Commands on a cluster of two workers: the same files as by one process of as many threads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

import torch
from tests.pipeline.benchmark.conftest import bench, data  # noqa: F401 (fixtures)
from tests.pipeline.quantify.test_twin import Threshold as ByThreshold
from tests.pipeline.quantify.test_twin import few_twins, measured, write_scan  # noqa: F401 (a fixture)

from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.run import run_benchmark
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
from diffrendergan.runs.cluster.backend import on_cluster
from diffrendergan.runs.reporter import SilentReporter

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]
CLUSTER = "local:2,threads=1"
SILENT = SilentReporter()


@pytest.fixture(autouse=True)
def one_thread():
    """As many threads here as workers have: sums of others differ in their last digit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def contents(folder: Path) -> dict[str, bytes]:
    """Return all results but checkpoints, which hold how long the training took."""
    endings = (".png", ".tif", ".safetensors", ".npy", ".csv")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in endings and "checkpoints" not in path.parts
    }


def test_a_whole_run_and_what_is_measured_with_its_network(toy: Path, cli) -> None:
    folder = toy.parent
    for name, options in (("one", []), ("two", ["--cluster", CLUSTER])):
        done = cli("run", "project.yaml", "--set", f"run={name}", *options, cwd=folder)
        assert done.returncode == 0, done.stderr
        done = cli("quantify", "data/images", "--model", name, "--out", f"{name}-sizes", *options, cwd=folder)
        assert done.returncode == 0, done.stderr
    for place in ("one/train", "one/synthesize", "one/segment", "one/evaluate", "one/quantify", "one-sizes"):
        here, there = folder / place, folder / place.replace("one", "two", 1)
        wanted = contents(here)
        assert wanted, place
        assert contents(there) == wanted, place
    assert not list(folder.rglob(".partial-*"))


@pytest.mark.usefixtures("few_twins")
def test_twins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "scans").mkdir(parents=True)
        write_scan(tmp_path / name / "scans" / "a.tif")
    one = measured(tmp_path / "one", ByThreshold())
    with on_cluster(CLUSTER, tmp_path / "two", SILENT):
        two = measured(tmp_path / "two", tool := ByThreshold())
    assert one.twins["nm"].why_not == "" and two.twins == one.twins
    assert tool.seen == []  # nothing was looked at here


def test_seeds_and_folds_of_the_benchmark_side_by_side(bench: BenchmarkSettings, tmp_path: Path) -> None:  # noqa: F811
    asked = replace(bench, only=("fold_0", "fold_1"), sources=choose_sources(["learned", "real", "classical"], []))
    found = {}
    for name in ("one", "two"):
        settings = replace(asked, out=tmp_path / name)
        with on_cluster(CLUSTER if name == "two" else None, settings.out, SILENT):
            rows = run_benchmark(settings, SILENT).rows
        found[name] = [json.dumps(row.flat(), sort_keys=True) for row in rows]
        assert (settings.out / "table.md").is_file()
    assert len(found["one"]) > 12 and found["two"] == found["one"]
