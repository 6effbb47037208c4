"""What an image in transmission costs, and how exact the thickness of particles is.

Run it with `make bench-transmission`, or:

    python benchmarks/transmission.py [--output FILE]

Processor time of all threads together, medians: other work on the machine makes wall time say little. Thickness is held
against bodies whose thickness is known, at 8 rays a pixel, in shares of the largest thickness.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import trimesh

from diffrendergan.arrangement.phi import make_placer
from diffrendergan.config.load import load_project
from diffrendergan.particles.library import make_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.transmission.chords import trace_chords
from diffrendergan.rendering.transmission.renderer import TransmissionSnapshots, make_transmission_snapshots
from diffrendergan.runs import seeds
from diffrendergan.scene.geometry import SceneGeometry
from tables import Table, publish
from timing import milliseconds

PRESETS = ("dots-tem", "rods-tem", "soot-tem")
PARTICLES = 40
RADIUS = 0.5
FINE = 16
SETTINGS = [
    "imaging.ground={model: flat}",
    f"particles.count={PARTICLES}",
    f"arrangement.number=[{PARTICLES}, {PARTICLES}]",
]


def costs(preset: str, repeats: int) -> list[str]:
    """Return the times of an image of 40 particles and of its parts."""
    project = load_project(None, preset, SETTINGS)
    meshes = make_library(project.particles, 0)
    placer, snapshots = make_placer(project, meshes), make_transmission_snapshots(project, meshes)
    rng = seeds.generator(0, "benchmark")
    phis = iter([placer.draw(rng) for _ in range(repeats + 2)])
    theta = torch.tensor([[(spec.low + spec.high) / 2 for spec in snapshots.parameters]])

    def place() -> None:
        snapshots.place(next(phis))

    def all_of_it() -> None:
        place()
        snapshots.labels()
        snapshots.silhouettes()
        snapshots.radiance(theta, 0)

    whole = milliseconds(all_of_it, repeats)
    beam = snapshots.model.in_the_beam(snapshots.chords(), snapshots.tracer.tracer.spheres, 0)
    learned = theta[0].clone().requires_grad_()
    parts = [
        milliseconds(snapshots.labels, repeats),
        milliseconds(snapshots.silhouettes, repeats),
        milliseconds(snapshots.tracer.chords, repeats),
        milliseconds(lambda: snapshots.model.layers(beam, theta[0]), repeats),
        milliseconds(lambda: snapshots.model.layers(beam, learned).stage.sum().backward(), repeats),
    ]
    return [f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" for value in (whole, *parts)]


def bodies(geometry: SceneGeometry) -> dict[str, tuple[trimesh.Trimesh, np.ndarray, np.ndarray]]:
    """Return solids, their thickness (S, S) as the mean over each pixel, and which pixels they fill (S, S)."""
    size = geometry.size
    steps = ((np.arange(size * FINE) + 0.5) / FINE - size / 2) / geometry.pixels_per_unit_at()
    x, z = np.meshgrid(steps, -steps, indexing="ij")
    lying = 2 * np.sqrt(np.maximum(RADIUS**2 - x**2, 0))
    turn = trimesh.transformations.rotation_matrix(-0.2, [0, 1, 0])
    along, across = np.cos(0.2) * x + np.sin(0.2) * z, np.cos(0.2) * z - np.sin(0.2) * x
    found: dict[str, tuple[trimesh.Trimesh, np.ndarray]] = {
        "sphere": (
            trimesh.creation.icosphere(subdivisions=6, radius=RADIUS),
            2 * np.sqrt(np.maximum(RADIUS**2 - x**2 - z**2, 0)),
        ),
        "cube, turned": (
            trimesh.creation.box((2 * RADIUS,) * 3).apply_transform(turn),
            np.where((abs(along) <= RADIUS) & (abs(across) <= RADIUS), 2 * RADIUS, 0.0),
        ),
        "lying cylinder": (trimesh.creation.cylinder(RADIUS, 1.6, sections=600), np.where(abs(z) <= 0.8, lying, 0.0)),
    }
    blocks = (size, FINE, size, FINE)
    return {
        name: (solid, way.reshape(blocks).mean((1, 3)), np.asarray((way.reshape(blocks) > 0).all((1, 3))))
        for name, (solid, way) in found.items()
    }


def errors(
    snapshots: TransmissionSnapshots, solid: trimesh.Trimesh, exact: np.ndarray, inside: np.ndarray
) -> list[str]:
    """Return how far all of a body, its inside, and its outline are off."""
    tracer = snapshots.tracer.tracer
    tracer.place(ParticleSet.from_library([Mesh(solid.vertices, solid.faces)], 1.0).place(np.array([[0, 0, 0, 1.0]])))
    chords = trace_chords(tracer, 8)
    off = (chords.thickness(1) - exact) / exact.max()
    return [
        f"{off.sum() / (exact.sum() / exact.max()):+.2%}",
        f"{np.sqrt((off[inside] ** 2).mean()):.2%}",
        f"{abs(off[inside]).max():.2%}",
        f"{abs(off[~inside]).max():.1%}",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    torch.set_num_threads(1)
    head = ("preset", "image with labels", "labels", "silhouettes", "chords", "new θ", "with derivative")
    table = Table(f"{PARTICLES} particles in transmission, 256 px, processor time", head)
    for preset in PRESETS:
        table.add(f"`{preset}`", *costs(preset, given.repeats))
    project = load_project(None, "dots-tem")
    snapshots = make_transmission_snapshots(project, make_library(project.particles, 0)[:1])
    exact = Table(
        "Thickness at 8 rays a pixel, in shares of the largest",
        ("body of 59 px", "volume", "inside, rms", "inside, most", "outline, most"),
    )
    for name, body in bodies(snapshots.tracer.tracer.geometry).items():
        exact.add(name, *errors(snapshots, *body))
    publish([table, exact], given.output)


if __name__ == "__main__":
    main()
