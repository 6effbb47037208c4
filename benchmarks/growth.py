"""How transport set-up grows with image size, particles and faces, beside plain Mitsuba.

Run it with `make bench-growth`, or:

    python benchmarks/growth.py [--quick] [--device cpu|cuda] [--output FILE] [--sweeps size particles faces]

Each point is measured in a process of its own (`growth_point.py`), so that peaks of memory are separate. `--quick`
takes the two smallest of each.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import SPP, arguments, choose_device
from tables import Table, duration, publish, ratio

COLUMNS = (
    "image",
    "particles",
    "faces",
    "set-up",
    f"Mitsuba, {SPP} spp",
    "ratio",
    "stored",
    "peak memory: transport",
    "Mitsuba",
    "of which libraries",
)
COVERAGE_UNIT = 1.5
"""Radius of a single particle that covers as much of the image as any number of smaller ones [scene units]."""
TOTAL_FACES = 200_000
LEAST_FACES = 100


@dataclass(frozen=True)
class Sweep:
    """Points along one axis: each a number, and the values of the configuration that it stands for."""

    title: str
    points: dict[int, list[str]]


def scattered(particles: int, faces: int) -> list[str]:
    """Return the values for particles at random places, smaller if there are more: they cover as much together."""
    return [
        f"particles.count={particles}",
        f"particles.faces={max(LEAST_FACES, faces // particles)}",
        "arrangement.placement=random",
        "arrangement.three_dimensional=true",
        "arrangement.limit=2.5",
        f"arrangement.unit={COVERAGE_UNIT / math.sqrt(particles):.4f}",
    ]


SWEEPS = {
    "size": Sweep(
        "Growth with image size (preset tio2-sem)",
        {size: [f"data.patch_size={size}"] for size in (128, 256, 512, 1024)},
    ),
    "particles": Sweep(
        f"Growth with particles (256 px, at random places, about {TOTAL_FACES:,} faces in total)",
        {count: scattered(count, TOTAL_FACES) for count in (10, 40, 100, 300, 1000)},
    ),
    "faces": Sweep(
        "Growth with faces (256 px, ten particles at random places)",
        {faces: scattered(10, faces) for faces in (1_000, 10_000, 100_000, 1_000_000)},
    ),
}


def main() -> int:
    """Measure all points; return how many failed."""
    parser = arguments(__doc__)
    parser.add_argument("--sweeps", nargs="+", choices=SWEEPS, default=list(SWEEPS), help="what to vary")
    args = parser.parse_args()
    device = choose_device(args.device)
    tables, failed = [], 0
    for sweep in (SWEEPS[name] for name in args.sweeps):
        table = Table(sweep.title, COLUMNS)
        tables.append(table)
        for number in sorted(sweep.points)[: 2 if args.quick else None]:
            failed += not add_point(table, device, sweep.points[number], args.quick)
    publish(tables, args.output)
    return failed


def add_point(table: Table, device: str, overrides: Sequence[str], quick: bool) -> bool:
    """Measure a point in a new process and add its row; return whether that worked."""
    script = Path(__file__).with_name("growth_point.py")
    command = [sys.executable, str(script), "--device", device, *(["--quick"] if quick else []), *overrides]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        table.add(", ".join(overrides), "", "", f"failed with code {done.returncode}")
        return False
    found = json.loads(done.stdout.splitlines()[-1])
    memory = [f"{found[name] / 1e3:.2f} GB" for name in ("transport_mb", "mitsuba_mb", "libraries_mb")]
    if found["device_mb"] is not None:
        memory[0] += f", GPU {found['device_mb'] / 1e3:.2f} GB"
    table.add(
        f"{found['size']} px",
        f"{found['particles']:,}",
        f"{found['faces']:,}",
        duration(found["set_up"]),
        duration(found["mitsuba"]),
        ratio(found["mitsuba"], found["set_up"]),
        f"{found['stored_mb']:.2f} MB",
        *memory,
    )
    return True


if __name__ == "__main__":
    sys.exit(min(main(), 1))
