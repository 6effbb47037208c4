"""Synthesis by one and by two workers of a local cluster: efficiency, overhead, memory, and what 10⁶ pairs take.

Run it with `make bench-scale`, or:

    OMP_NUM_THREADS=1 python benchmarks/scale.py [--quick] [--images 40] [--rounds 3] [--preset NAME] [--output FILE]

Two workers make twice as many images as one, so that both begin and end alike: the efficiency is the time of one over
that of two. They take turns, round by round. On a machine that does something else the times tell little: the
processor time of an image, which is beside them, grows only by what workers take from each other's caches. Materials
are random, so that nothing has to be trained. Needs the extra `[cluster]`.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.runs.cluster.backend import on_cluster
from diffrendergan.runs.cluster.messages import Done
from diffrendergan.runs.cluster.plan import Plan
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.words import duration, number
from diffrendergan.synthesis.manifest import MANIFEST
from diffrendergan.synthesis.stage import make_images
from tables import Table, publish

SILENT = SilentReporter()
PAIRS = 1_000_000
CORES = 64
PRICE = 0.045
"""Of an hour of a core [$]: the usual price of a virtual core on demand at the large providers, in 2025."""
SHARD = 1000
"""Images in a shard, the default of `export-data`."""


@dataclass(frozen=True)
class Run:
    """What making some images took.

    Attributes
    ----------
    wall_s, cpu_s : float
        Time that passed, and of processors, all processes together [s].
    of_images : list of float
        Processor time of each image in a worker [s], without what comes before the first.
    memory_mb : float
        The most that a worker's process had in memory [MB].
    """

    wall_s: float
    cpu_s: float
    of_images: list[float]
    memory_mb: float


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40, help="of one worker; two make twice as many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="tio2-sem")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the Markdown tables there")
    parser.add_argument("--quick", action="store_true", help="few small images, to try the script")
    asked = parser.parse_args()
    return argparse.Namespace(**{**vars(asked), **({"images": 4, "rounds": 1} if asked.quick else {})})


def project_of(preset: str, images: int, quick: bool) -> Project:
    """Return a project that needs no scans and no training."""
    small = ["data.patch_size=64", "particles.count=5"] if quick else []
    values = ["generator.draw=uniform", "imaging.ground.model=flat", f"synthesis.images={images}"]
    return load_project(None, preset, [*values, *small])


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """Look at the memory of our children; the function tells the most that one had [MB]."""
    most, ended = 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.wait(0.2):
            for child in psutil.Process().children(recursive=True):
                try:
                    most = max(most, child.memory_info().rss / 2**20)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield lambda: most
    ended.set()
    thread.join()


@contextmanager
def collected() -> Iterator[list[Done]]:
    """Collect what workers report of each index."""
    found: list[Done] = []
    finish = Plan.finish

    def collecting(plan: Plan, places: Sequence[int], done: Sequence[Done]) -> tuple[int, ...]:
        found.extend(done)
        return finish(plan, places, done)

    Plan.finish = collecting  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        Plan.finish = finish  # type: ignore[method-assign]


def cpu_s() -> float:
    """Return the processor time of this process and all children that have ended [s]."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def made(project: Project, workers: int) -> Run:
    """Make all images into a new folder, and remove it; no worker is this process, without a cluster."""
    where = f"local:{workers},threads=1"
    with tempfile.TemporaryDirectory() as folder, watched() as memory_mb, collected() as done:
        begun, cpu = time.perf_counter(), cpu_s()
        with on_cluster(where, Path(folder), SILENT) if workers else nullcontext():
            make_images(project, Path(folder), SILENT)
            wall = time.perf_counter() - begun
        # The first of each worker also makes its tools.
        return Run(wall, cpu_s() - cpu, sorted(one.cpu_s for one in done)[: len(done) - workers], memory_mb())


def efficiency(preset: str, images: int, rounds: int, quick: bool) -> Table:
    """Compare this process, one worker and two."""
    table = Table(
        "One and two workers, of one thread each",
        ("", "images", "time", "efficiency", "processor time of all", "of an image", "memory of a worker"),
        [f"Medians of {rounds} rounds, in which all take turns; load of the machine {os.getloadavg()[0]:.1f}."],
    )
    counts = {0: images, 1: images, 2: 2 * images}
    runs: dict[int, list[Run]] = {workers: [] for workers in counts}
    for _ in range(rounds):
        for workers, count in counts.items():
            runs[workers].append(made(project_of(preset, count, quick), workers))
    for workers, count in counts.items():
        pairs = zip(runs[1], runs[workers], strict=True)
        ratio = statistics.median(one.wall_s / two.wall_s for one, two in pairs)
        wall, cpu = (statistics.median(getattr(run, name) for run in runs[workers]) for name in ("wall_s", "cpu_s"))
        name = ("this process, no cluster", "1 worker", "2 workers")[workers]
        table.add(
            name, str(count), duration(wall), f"{ratio:.2f}", f"{cpu:.0f} s", *(told(runs[workers]) if workers else ())
        )
    return table


def told(runs: Sequence[Run]) -> tuple[str, str]:
    """Return the processor time of an image in a worker, and the memory of one."""
    of_images = [seconds for run in runs for seconds in run.of_images]
    return f"{statistics.mean(of_images):.2f} s", f"{max(run.memory_mb for run in runs):.0f} MB"


def overhead(count: int) -> Table:
    """Measure what handing out costs."""
    table = Table("Handing out", ("", "processor time"))
    with tempfile.TemporaryDirectory() as folder, on_cluster("local:1,threads=1", Path(folder), SILENT):
        list(map_indices(operator.index, range(2), SILENT, ""))
        for name, function, indices in (
            ("of an index, in chunks of 256", operator.index, range(256 * count)),
            ("of a chunk (one index of 4 s)", time.sleep, [4] * count),
        ):
            begun = cpu_s()
            list(map_indices(function, indices, SILENT, ""))
            table.add(name, f"{1000 * (cpu_s() - begun) / len(indices):.2f} ms")
    return table


@dataclass(frozen=True)
class Pair:
    """What an image with its masks takes.

    Attributes
    ----------
    seconds : float
        Of a core.
    stored : float
        On the disk, with its line of the manifest [bytes].
    remembered : float
        Of its line of the manifest, read [bytes].
    """

    seconds: float
    stored: float
    remembered: float


def measured_pair(preset: str, count: int, quick: bool) -> Pair:
    """Make some in this process."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "synthesize"
        make_images(project_of(preset, 1, quick), Path(folder), SILENT)
        begun = cpu_s()
        make_images(project_of(preset, count + 1, quick), Path(folder), SILENT)
        used = cpu_s() - begun
        kept = [path for kind in ("images", "labels", "instances") for path in (stage / kind).iterdir()]
        lines = (stage / MANIFEST).read_text(encoding="utf-8").splitlines()
        before = psutil.Process().memory_info().rss
        read = [json.loads(line) for _ in range(4000 // len(lines)) for line in lines]
        remembered = (psutil.Process().memory_info().rss - before) / len(read)
        stored = sum(path.stat().st_size for path in kept) + sum(map(len, lines))
    return Pair(used / count, stored / (count + 1), remembered)


def million(preset: str, count: int, quick: bool) -> Table:
    """Compute what a million pairs take, from what one takes here."""
    pair = measured_pair(preset, count, quick)
    hours = PAIRS * pair.seconds / 3600
    told = f"{pair.seconds:.2f} s of a core and {pair.stored / 1000:.0f} kB"
    table = Table(f"10⁶ pairs of the preset {preset}, computed from {told} a pair", ("", ""))
    table.add("hours of a core", number(hours))
    table.add(f"time on {CORES} cores, of an efficiency of 0.9", duration(hours / CORES / 0.9 * 3600))
    table.add(f"cost, at {PRICE} $ for an hour of a core", f"{number(hours * PRICE)} $")
    table.add("disk, as PNG", f"{PAIRS * pair.stored / 1e9:.0f} GB in {number(3 * PAIRS)} files")
    table.add(f"in shards of {SHARD}", f"{number(PAIRS / SHARD)} files of {SHARD * pair.stored / 1e6:.0f} MB")
    table.add("memory to go on with one such set, or to export it", f"{PAIRS * pair.remembered / 2**30:.0f} GB")
    return table


def main() -> None:
    asked = arguments()
    publish(
        [
            efficiency(asked.preset, asked.images, asked.rounds, asked.quick),
            overhead(2 if asked.quick else 20),
            million(asked.preset, asked.images, asked.quick),
        ],
        asked.output,
    )


if __name__ == "__main__":
    main()
