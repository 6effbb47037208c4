"""Many constellations in one process: whether memory stays level, and nothing is left behind.

Run it with `make soak`, or:

    python benchmarks/soak.py [--count 2000] [--size 64] [--device cpu|cuda] [--output FILE]

Each constellation is newly drawn, traced, labelled and outlined. Fails if resident memory grows by more than 200 MB
after the first hundred, or if a file is left in the temporary folder, which is the process's own.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from common import Scene, arguments, choose_device, fresh_seeds, load_scene
from diffrendergan.arrangement.phi import make_placer
from diffrendergan.errors import PlacementError
from diffrendergan.rendering.snapshots import TransportSnapshots
from diffrendergan.runs import seeds
from tables import Table, duration, publish
from timing import compiled_kernels, device_mb, resident_mb, synchronize

PRESET = "tio2-sem"
EVERY = 50
LEVEL_FROM = 100
"""Constellations before memory has to stay level."""
MOST_GROWTH_MB = 200.0


def main() -> int:
    """Run the soak with an empty temporary folder of its own; return 0 if all is well."""
    parser = arguments(__doc__)
    parser.add_argument("--count", type=int, default=2000, metavar="N", help="constellations; the default is 2000")
    parser.add_argument("--size", type=int, default=64, metavar="PX", help="edge of the image [px]; the default is 64")
    args = parser.parse_args()
    count = min(args.count, 20) if args.quick else args.count
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        scene = load_scene(PRESET, choose_device(args.device), [f"data.patch_size={args.size}"], 1)
        table, growth = soak(scene, max(count, 4))
        left = sorted(path.name for path in Path(folder).iterdir())
        tempfile.tempdir = None
    table.add("left in the temporary folder", ", ".join(left) or "nothing")
    publish([table], args.output)
    if growth > MOST_GROWTH_MB or left:
        print(f"FAILED: memory grew by {growth:.0f} MB, {len(left)} files were left", file=sys.stderr)
        return 1
    return 0


def soak(scene: Scene, count: int) -> tuple[Table, float]:
    """Show `count` new arrangements; return what was found, and by how much memory grew [MB]."""
    snapshots, rays, compiled = TransportSnapshots(scene.tracer), fresh_seeds(), 0
    every, level_from = min(EVERY, count // 4), min(LEVEL_FROM, count // 2)
    samples: dict[int, float] = {}
    started = time.perf_counter()
    for done in range(1, count + 1):
        kernels = compiled_kernels(partial(show, snapshots, new_arrangement(scene, done), next(rays)))
        compiled += kernels if done > level_from else 0
        if done % every == 0 or done in (level_from, count):
            samples[done] = resident_mb()
            report(done, count, samples[done], compiled, time.perf_counter() - started)
    level = samples[level_from]
    growth = max(resident for done, resident in samples.items() if done > level_from) - level
    title = f"Soak: {count} constellations of {scene.tracer.geometry.size} px in one process"
    table = Table(title, ("what", "measured"))
    table.add(f"resident memory after {level_from}, at the end", f"{level:.0f} MB, {samples[count]:.0f} MB")
    table.add(f"most growth after {level_from} (at most {MOST_GROWTH_MB:.0f} MB)", f"{growth:+.0f} MB")
    table.add(f"kernels compiled after {level_from} (should be 0)", str(compiled))
    table.add("time per constellation", duration((time.perf_counter() - started) / count))
    return table, growth


def report(done: int, count: int, resident: float, compiled: int, spent: float) -> None:
    """Print a line of progress."""
    used = device_mb()
    gpu = "" if used is None else f", GPU {used:.0f} MB"
    left = spent / done * (count - done)
    print(
        f"{done}/{count} constellations: resident {resident:.0f} MB{gpu}, {compiled} kernels compiled late, "
        f"{spent:.0f} s, {left:.0f} s left",
        flush=True,
    )


def new_arrangement(scene: Scene, index: int) -> NDArray[np.float32]:
    """Draw arrangement `index`, again if it cannot be placed."""
    project, placer = scene.project, make_placer(scene.project, scene.meshes)
    for attempt in range(project.synthesis.max_attempts):
        rng = seeds.generator(project.seed, "soak", index, attempt)
        with suppress(PlacementError):
            return placer.draw(rng)
    raise SystemExit(f"arrangement {index} could not be placed in {project.synthesis.max_attempts} draws")


def show(snapshots: TransportSnapshots, phi: NDArray[np.float32], seed: int) -> None:
    """Label, outline and trace an arrangement, and store it as a training does."""
    snapshots.place(phi)
    snapshots.labels()
    snapshots.silhouettes()
    snapshots.tracer.trace(seed).to("cpu", torch.float16)
    synchronize()


if __name__ == "__main__":
    sys.exit(main())
