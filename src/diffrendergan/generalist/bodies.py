"""The bodies of the generalist's images: reliefs of all families of shapes and deformations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.particles.library import make_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.heightfield.relief import Relief, project
from diffrendergan.rendering.heightfield.scene import Atlas
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.executor import map_indices
from diffrendergan.runs.reporter import Reporter

SEED = 0
"""Of the bodies, which all trainings share."""
FORMAT = 1
"""Raised when bodies of an older program must not be used."""
VIEWS = 3
"""Directions from which each mesh is seen."""
FACES = 1500

_DENTS = {"kind": "displace", "amplitude": 0.08, "wavelength": [1.2, 3.0]}
_LUMPS = {"kind": "displace", "amplitude": 0.15, "wavelength": [2.5, 5.0]}
_BEND = {"kind": "bend", "angle": 0.8}


Bodies = tuple[Atlas, NDArray[np.int64]]
"""Reliefs, and the number of each one's family in `FAMILIES`."""


@dataclass(frozen=True)
class Family:
    """A kind of body.

    Attributes
    ----------
    name : str
    meshes : int
        How many are made.
    particles : dict
        The section `particles` that makes them.
    weight : float
        How often the kind is drawn, relative to the others.
    lying : bool
        Whether bodies lie on their broadest side; else they are turned at random.
    """

    name: str
    meshes: int
    particles: dict[str, Any]
    weight: float = 1.0
    lying: bool = False


def _family(name: str, meshes: int, weight: float = 1.0, lying: bool = False, **particles: Any) -> Family:
    return Family(name, meshes, particles, weight, lying)


FAMILIES = (
    _family("balls", 2, 4.0, shape={"family": "sphere"}),
    _family("near balls", 14, 2.0, shape={"family": "ellipsoid", "elongation": [1.0, 1.25], "flatness": [1.0, 1.15]}),
    _family("dented balls", 14, 1.5, shape={"family": "sphere"}, deform=[_DENTS]),
    _family("ellipsoids", 20, 1.0, shape={"family": "ellipsoid", "elongation": [1.2, 3.0], "flatness": [1.0, 2.0]}),
    _family("rounded boxes", 20, 1.5, shape={"family": "cuboid", "rounding": [0.15, 0.6], "elongation": [1.0, 1.6]}),
    _family("cubes", 8, 0.7, True, shape={"family": "cuboid", "rounding": [0.02, 0.2], "elongation": [1.0, 1.1]}),
    _family("bricks", 12, 0.7, shape={"family": "cuboid", "rounding": [0.02, 0.2], "elongation": [1.0, 2.5]}),
    _family("superquadrics", 16, 0.7, shape={"family": "superquadric", "exponent": [1.2, 8], "elongation": [1, 1.8]}),
    _family("octahedra", 16, 0.8, shape={"family": "octahedron", "truncation": [0.0, 0.6], "rounding": [0.02, 0.3]}),
    _family("cubic crystals", 16, 1.0, shape={"family": "crystal", "symmetry": "cubic", "rounding": [0.0, 0.2]}),
    _family("hexagonal crystals", 12, 0.7, shape={"family": "crystal", "symmetry": "hexagonal"}),
    _family("grains", 24, 1.5, shape={"family": "crystal", "symmetry": "random", "rounding": [0.0, 0.5]}),
    _family("short rods", 14, 1.6, True, shape={"family": "rod", "aspect": [1.3, 3.0]}),
    _family("long rods", 14, 1.6, True, shape={"family": "rod", "aspect": [3.0, 9.0]}),
    _family("flat rods", 12, 0.8, True, shape={"family": "rod", "aspect": [1.5, 8.0], "ends": "flat"}),
    _family("standing rods", 12, 0.5, shape={"family": "rod", "aspect": [1.5, 5.0], "ends": "flat"}),
    _family("bent rods", 14, 0.5, True, shape={"family": "rod", "aspect": [3.0, 9.0]}, deform=[_BEND]),
    _family("discs", 8, 0.5, True, shape={"family": "platelet", "aspect": [3, 10]}),
    _family("turned discs", 10, 0.4, shape={"family": "platelet", "aspect": [2, 8]}),
    _family("triangles", 8, 0.4, True, shape={"family": "platelet", "corners": 3, "aspect": [2, 8]}),
    _family("hexagons", 8, 0.4, True, shape={"family": "platelet", "corners": 6, "aspect": [2, 8]}),
    _family("lumps", 30, 1.8, shape={"family": "irregular", "roughness": 0.125}),
    _family("rough lumps", 20, 1.0, shape={"family": "irregular", "roughness": 0.22, "wavelength": 0.8}),
    _family("dented boxes", 16, 0.8, shape={"family": "cuboid", "rounding": [0.3, 0.7]}, deform=[_LUMPS]),
    _family("sintered", 20, 0.6, shape={"family": "aggregate", "primaries": [2, 4], "neck": 0.6}),
)
"""All of them. What a family is called stands in the record of each image."""


def _parsed(family: Family) -> ParticleConfig:
    fixed = {"count": family.meshes, "faces": FACES, "orientation": "none"}
    return ParticleConfig.model_validate({**family.particles, **fixed})


def make_bodies(numbers: Sequence[int], seed: int, reporter: Reporter, workers: int = 1) -> Bodies:
    """Return the bodies of some families, by their numbers in `FAMILIES`, and the family of each."""
    made = list(map_indices(partial(_reliefs, seed), numbers, reporter, "Making bodies", workers))
    families = np.repeat(np.array(numbers), [len(reliefs) for reliefs in made])
    return Atlas.of([relief for reliefs in made for relief in reliefs]), families


def bodies_atlas(folder: Path, reporter: Reporter, workers: int = 1) -> Bodies:
    """Return all bodies and the family of each, made in some minutes and kept in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where they are kept.
    reporter : Reporter
        Shows progress.
    workers : int
        Processes that make them.

    Returns
    -------
    Atlas
    int (K,)
        The number of each body's family in `FAMILIES`.
    """
    path = folder / f"bodies-{FORMAT}.npz"
    if not path.is_file():
        atlas, families = make_bodies(range(len(FAMILIES)), SEED, reporter, workers)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, maps=atlas.maps.astype(np.float16), numbers=atlas.numbers, families=families)
    with np.load(path, allow_pickle=False) as stored:
        return Atlas(stored["maps"].astype(np.float32), stored["numbers"]), stored["families"]


def _reliefs(seed: int, number: int) -> list[Relief]:
    family, seed = FAMILIES[number], seeds.integer(seed, "bodies", number)
    rng = np.random.default_rng(seed)
    found = []
    for mesh in make_library(_parsed(family), seed):
        upright = _broad_side_down(mesh) if family.lying else Rotation.identity()
        for _ in range(VIEWS):
            turn = Rotation.from_rotvec([0, 0, rng.uniform(0, 2 * np.pi)]) if family.lying else Rotation.random(rng=rng)
            found.append(_relief(mesh, turn * upright))
    return found


def _relief(mesh: Mesh, turn: Rotation) -> Relief:
    points, normals = (turn.apply(values.astype(np.float64)) for values in (mesh.vertices, mesh.normals()))
    return project(points, normals, mesh.faces)


def _broad_side_down(mesh: Mesh) -> Rotation:
    """Return the rotation that turns the shortest axis of inertia upwards, and the longest along the columns."""
    axes = np.linalg.eigh(np.cov(mesh.vertices.astype(np.float64).T))[1][:, ::-1]
    axes[:, 2] *= np.sign(np.linalg.det(axes))
    return Rotation.from_matrix(axes.T)
