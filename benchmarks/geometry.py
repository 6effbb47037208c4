"""Time to make particles and to place them.

Run it with `make bench-geometry`, or:

    python benchmarks/geometry.py [--quick] [--output FILE]

For each family of shapes: a library of 40 meshes of 5,000 faces. For each placement, by what must not overlap: 1,000
constellations of 40 particles (drawn: some tens, and multiplied), and one of 200 particles in agglomerates.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import get_args

import numpy as np

from common import arguments
from diffrendergan.arrangement.phi import draw_phis, make_placer
from diffrendergan.config.load import load_project
from diffrendergan.config.shapes import Shape
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.runs.reporter import SilentReporter
from tables import Table, publish

READ = ("files", "library")
PLACEMENTS = ("random", "agglomerated", "chains", "fractal", "layers")
SEPARATIONS = ("radii", "spheres", "meshes")


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def add_shapes(table: Table, count: int, faces: int) -> None:
    """Add a row for each family."""
    for member in get_args(get_args(Shape)[0]):
        family = member.model_fields["family"].default
        if family in READ:
            continue
        project = load_project(
            None, None, [f"particles.shape={family}", f"particles.count={count}", f"particles.faces={faces}"]
        )
        meshes: list = []
        spent = seconds(lambda p=project, m=meshes: m.extend(make_library(p.particles, 0)))  # type: ignore[misc]
        made = np.mean([len(mesh.faces) for mesh in meshes])
        table.add(family, f"{spent:.2f} s", f"{made:,.0f}", "≤ 10 s")


def add_placements(table: Table, constellations: int) -> None:
    """Add a row for each placement and separation."""
    for placement in PLACEMENTS:
        for separation in SEPARATIONS:
            repeats = constellations if separation != "meshes" else max(2, constellations // 5)
            project = load_project(
                None,
                "tio2-sem",
                [f"arrangement.placement={placement}", f"arrangement.separation={separation}", "arrangement.limit=5.0"],
            )
            placer = make_placer(project, make_library(project.particles, 0))
            placer.draw(np.random.default_rng(0))  # what is computed once for all constellations
            spent = seconds(lambda p=placer, n=repeats: draw_phis(p, n, 0, SilentReporter()))  # type: ignore[misc]
            table.add(
                placement, separation, f"{1000 * spent / repeats:.1f} s", "≤ 10 s" if separation == "radii" else ""
            )


def add_agglomerates(table: Table, count: int, repeats: int) -> None:
    """Add the time of large agglomerates."""
    for three_dimensional in ("true", "false"):
        overrides = [
            f"particles.count={count}",
            "particles.faces=200",
            f"arrangement.three_dimensional={three_dimensional}",
        ]
        project = load_project(None, "tio2-sem", overrides)
        placer = make_placer(project, make_library(project.particles, 0))
        times = [seconds(lambda i=i, p=placer: p.draw(np.random.default_rng(i))) for i in range(repeats)]  # type: ignore[misc]
        what = f"{count} particles in up to 5 agglomerates, {'3-D' if three_dimensional == 'true' else '2-D'}"
        table.add(what, f"{np.median(times):.2f} s", f"{max(times):.2f} s", "≤ 1 s")


def main() -> None:
    """Run all."""
    args = arguments(__doc__).parse_args()
    load_mitsuba("llvm")  # for the record of the environment
    shapes = Table("Meshes", ("family", "40 meshes" if not args.quick else "3 meshes", "faces each", "goal"))
    add_shapes(shapes, *((3, 1000) if args.quick else (40, 5000)))
    placements = Table("Placement", ("placement", "separation", "1,000 constellations of 40", "goal"))
    add_placements(placements, 3 if args.quick else 50)
    large = Table("Large agglomerates", ("what", "median", "slowest", "goal"))
    add_agglomerates(large, 30 if args.quick else 200, 3 if args.quick else 10)
    publish([shapes, placements, large], args.output)


if __name__ == "__main__":
    main()
