"""The particles of a scene: the mesh library, and its constellations in scene units, y towards the detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from diffrendergan.particles.mesh import Mesh

_NOWHERE = (0.0, -30.0, 0.0)
"""Far below the stage, where neither camera rays nor shadow rays come."""
_SPECK = 1e-3


@dataclass(frozen=True)
class Soup:
    """All particles of a constellation in one mesh, and which particle each face belongs to.

    One mesh with our own identifiers is cheaper to update than many shapes, and does not depend on the
    shape indices of the JIT variants, which follow no order.
    """

    vertices: np.ndarray
    """float32 (V, 3), scene units."""
    normals: np.ndarray
    """float32 (V, 3), unit length."""
    faces: np.ndarray
    """uint32 (F, 3)."""
    owner: np.ndarray
    """uint32 (F,): particle identifier 1..n of each face."""
    spheres: np.ndarray
    """float64 (n, 4): centre and radius of a sphere around each particle, scene units."""


@dataclass(frozen=True)
class ParticleSet:
    """The mesh library with its normals, ready to be placed many times."""

    meshes: tuple[Mesh, ...]
    normals: tuple[np.ndarray, ...]
    unit: float
    """Scene units per unit of Φ."""

    @cached_property
    def radii(self) -> np.ndarray:
        """Radius of each mesh around the origin, float64 (n,)."""
        return np.array([mesh.max_radius for mesh in self.meshes])

    @classmethod
    def from_library(cls, meshes: Sequence[Mesh], unit: float) -> ParticleSet:
        """Compute vertex normals once."""
        normals = {id(mesh): mesh.normals() for mesh in {id(mesh): mesh for mesh in meshes}.values()}
        return cls(tuple(meshes), tuple(normals[id(mesh)] for mesh in meshes), unit)

    def subset(self, chosen: Sequence[int]) -> ParticleSet:
        """Return some of the particles; their identifiers count anew."""
        return ParticleSet(tuple(self.meshes[i] for i in chosen), tuple(self.normals[i] for i in chosen), self.unit)

    def place(self, phi: np.ndarray) -> Soup:
        """Place particle i with row i of Φ.

        Parameters
        ----------
        phi : numpy.ndarray
            Shape (n, 4): x, y, z, scale in units of `unit`; Φ's (x, y, z) lies at scene (x, z, y). With shape (n, 8)
            the rest are quaternions (x, y, z, w) that rotate the meshes about their centres, in the scene's axes.
            Particles of scale 0 are absent.
        """
        positions, scales = self._places(phi)
        turns = Rotation.from_quat(phi[:, 4:]) if phi.shape[1] > 4 else None
        vertices, normals, faces, owner, start = [], [], [], [], 0
        for index, mesh in enumerate(self.meshes):
            points, directions = mesh.vertices, self.normals[index]
            if turns is not None:
                points, directions = turns[index].apply(points), turns[index].apply(directions)
            vertices.append(points * scales[index] + positions[index])
            normals.append(directions)
            faces.append(mesh.faces + start)
            owner.append(np.full(len(mesh.faces), index + 1, np.uint32))
            start += len(mesh.vertices)
        return Soup(
            np.concatenate(vertices).astype(np.float32),
            np.concatenate(normals).astype(np.float32),
            np.concatenate(faces).astype(np.uint32),
            np.concatenate(owner),
            self.spheres(phi),
        )

    def spheres(self, phi: np.ndarray) -> np.ndarray:
        """Return centre and radius of a sphere around each particle of Φ, float64 (n, 4) [scene units]."""
        positions, scales = self._places(phi)
        return np.column_stack([positions, scales * self.radii]).astype(np.float64)

    def _places(self, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        positions = phi[:, [0, 2, 1]] * self.unit
        scales = phi[:, 3] * self.unit
        # The scene keeps its number of faces: absent particles lie, as specks, where no ray goes.
        absent = scales <= 0
        positions[absent], scales[absent] = _NOWHERE, _SPECK
        return positions, scales
